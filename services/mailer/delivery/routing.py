"""The routes as this process uses them: which one the next session takes, how many sessions each may hold, and how much each may take now."""

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from math import inf
from time import monotonic
from typing import Final
from uuid import UUID

from services.mailer.delivery.lane import Lane
from services.mailer.delivery.pacer import Pacer
from services.mailer.domain.pacing import Pace, count_burst, count_room, give_back, refresh, take
from services.mailer.domain.routes import DEFAULT, choose_route, should_keep
from services.mailer.smtp.connect import Relay, RelayNotReadyError
from services.mailer.store.paces import find_paces, keep_paces, lock_paces
from services.mailer.store.routes import LaneReport, StoredRoute, drop_shares, find_routes, renew_shares
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.logs import log
from shared.kit.loops import pause

_LOOK_SECONDS: Final = 1.5
"""While there is mail, changes to routes take effect within 2 s."""
_RENEW_SECONDS: Final = 8.0
"""Without mail this often is enough: shares live 30 s."""
_LONGEST_BACKOFF_SECONDS: Final = 15.0
_ASK_SECONDS: Final = 0.1
_KEEP_SECONDS: Final = 2.0
"""Budget of a lane that nobody has asked for so long goes back, with the next renewal."""

RelayOf = Callable[[str, bytes | None], Relay | None]


class Routing:
    """The lanes of one worker. Until the database has named others there is only the route of the settings."""

    def __init__(self, *, worker_id: UUID, database: Database, clock: Clock, default: Relay, relay_of: RelayOf) -> None:
        self._worker_id, self._database, self._clock = worker_id, database, clock
        self._default, self._relay_of = default, relay_of
        self._lanes = {DEFAULT: Lane(DEFAULT, default)}
        self._stored: list[StoredRoute] | None = None
        self._reported: list[LaneReport] = []
        self._reported_at = self._looked_at = -inf
        self._freed = asyncio.Condition()

    # --- for sessions

    def choose(self) -> Lane | None:
        """Return the lane for a session to be opened now, which has budget for a message, or None: all are down, paused, full or paced."""
        name = choose_route([lane.state() for lane in self._lanes.values()])
        return self._lanes[name] if name is not None else None

    def should_keep(self, lane: Lane, relay: Relay) -> bool:
        """Whether an open session of this lane, to this relay, takes another message."""
        if self._lanes.get(lane.name) is not lane or lane.relay is not relay or not lane.is_active:
            return False
        if lane.failures or (len(self._lanes) == 1 and lane.limit is None):
            return True
        return should_keep(lane.name, [each.state() for each in self._lanes.values()])

    def should_leave(self, lane: Lane) -> bool:
        """Whether an open session of this lane that has no budget ends: one is left to wait for it where another lane would take the message."""
        if lane.has_budget:
            return False
        return lane.is_spent or (lane.waiting > 0 and self.choose() is not None)

    def note_served(self, lane: Lane) -> None:
        """The relay took, or definitely refused, a message."""
        lane.failures, lane.reason = 0, None

    def note_failed(self, lane: Lane, error: RelayNotReadyError | str) -> None:
        """No session could be opened, or it took nothing: others take over, one session looks again after a while."""
        lane.failures += 1
        lane.reason = error if isinstance(error, str) else error.reason
        longest = min(_LONGEST_BACKOFF_SECONDS, 0.3 * 2**lane.failures)
        lane.down_until = monotonic() + random.uniform(0.2, longest)  # noqa: S311 - jitter
        code = None if isinstance(error, str) else error.code
        log("mailer.delivery").warning(
            "relay_not_ready", route=lane.name, reason=lane.reason, code=code, failures=lane.failures
        )

    async def free(self, lane: Lane) -> None:
        """A session of this lane has ended."""
        lane.open -= 1
        await self._tell()

    async def _tell(self) -> None:
        async with self._freed:
            self._freed.notify_all()

    async def wait_for_room(self) -> None:
        """Wait until a session may perhaps be opened, at most half a second."""
        try:
            async with asyncio.timeout(0.5), self._freed:
                await self._freed.wait()
        except TimeoutError:
            return

    # --- for the claim

    @property
    def is_open(self) -> bool:
        """Any lane may be used or tried."""
        return any(lane.can_try or lane.open for lane in self._lanes.values())

    @property
    def is_spent(self) -> bool:
        """Some lane is used up for this hour or day."""
        return any(lane.is_spent for lane in self._lanes.values())

    @property
    def is_limited(self) -> bool:
        """Some lane waits for its budget now and then."""
        return any(lane.is_limited for lane in self._lanes.values())

    async def reserve(self, wanted: int, waiting: int) -> int:
        """Return how many messages may be claimed now, with `waiting` claimed before: `wanted`, or what the lanes in front may take.

        In front are those that sessions choose from: of the lowest priority number with a lane that serves, and those to be tried before it.
        """
        room, front = 0.0, inf
        for lane in sorted(self._lanes.values(), key=lambda lane: lane.priority):
            if lane.priority > front:
                break
            if lane.can_try:
                await self._fill(lane, 1 if lane.failures else wanted)
            if not lane.can_try:
                continue  # also one that turned out to be used up: the next takes over
            room += lane.room
            front = front if lane.failures else lane.priority
        return int(max(0, min(wanted, room - waiting)))

    async def _fill(self, lane: Lane, wanted: int) -> None:
        """Take budget for a lane, never more than a second's worth of its rate at hand."""
        if not lane.is_limited or monotonic() - lane.asked_at < _ASK_SECONDS:
            return
        lane.asked_at = monotonic()
        if lane.is_used_up or lane.budget >= wanted:
            return
        now = self._clock.now()
        async with self._database.transaction() as connection:
            locked = await lock_paces(connection, [("route", lane.name)])
            if not locked:
                lane.limit_by(None, now)
                return
            pace = refresh(locked["route", lane.name], now)
            most = min(wanted, count_burst(pace)) - lane.budget
            count = max(0, int(min(most, count_room(pace, now))))
            pace = take(pace, count)
            await keep_paces(connection, [pace])
        lane.budget, lane.taken_at = lane.budget + count, now  # sessions have spent of it meanwhile
        lane.limit_by(pace, now)
        await self._tell()

    async def _give_back(self, idle: float = 0.0) -> None:
        """Give back the budget of lanes that nobody has asked for `idle` seconds."""
        for lane in list(self._lanes.values()):
            if lane.budget < 1 or lane.taken_at is None or monotonic() - lane.asked_at < idle:
                continue
            count, lane.budget = lane.budget, 0
            now = self._clock.now()
            async with self._database.transaction() as connection:
                for pace in (await lock_paces(connection, [("route", lane.name)])).values():
                    await keep_paces(connection, [give_back(refresh(pace, now), count, taken_at=lane.taken_at)])
            lane.is_used_up = False  # asking tells

    # --- keeping up with the database

    async def run(self, stop: asyncio.Event, pacer: Pacer) -> None:
        """Keep up until `stop`."""
        while not stop.is_set():
            await pause(stop, _RENEW_SECONDS)
            try:
                await pacer.flush()
                await self._give_back(_KEEP_SECONDS)
            except Exception as error:
                log("mailer.pacing").warning("paces_not_kept", exc_info=error)
            await self.look()
        try:
            await self._give_back()
            async with self._database.transaction() as connection:
                await drop_shares(connection, self._worker_id)
        except Exception as error:
            log("mailer.delivery").info("shares_not_dropped", exc_info=error)

    async def look(self) -> None:
        """As `refresh`, unless that was just done; what cannot be read stays as it was."""
        if monotonic() - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = monotonic()
        try:
            await self.refresh()
        except Exception as error:
            log("mailer.delivery").warning("routes_not_read", exc_info=error)

    async def refresh(self) -> None:
        """Read routes and their paces; report and renew the shares when anything changed, else every 8 s."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            stored = await find_routes(connection)
            paces = {pace.key: refresh(pace, now) for pace in await find_paces(connection, "route")}
            self._take_over(stored, paces, now)
            reports = [LaneReport(lane.name, lane.open, lane.reason, lane.limit) for lane in self._lanes.values()]
            if reports != self._reported or monotonic() - self._reported_at > _RENEW_SECONDS:
                granted = await renew_shares(connection, worker_id=self._worker_id, reports=reports)
                for name, share in granted.items():
                    self._lanes[name].share = share
                self._reported, self._reported_at = reports, monotonic()
        await self._tell()

    def _take_over(self, stored: list[StoredRoute], paces: Mapping[str, Pace], now: datetime) -> None:
        if stored != self._stored:
            lanes = {route.name: lane for route in stored if (lane := self._lane(route)) is not None}
            if all(route.name != DEFAULT for route in stored):
                lanes[DEFAULT] = self._lanes.get(DEFAULT) or Lane(DEFAULT, self._default)
                lanes[DEFAULT].limit, lanes[DEFAULT].is_active = None, True
            self._lanes, self._stored = lanes, stored
        for lane in self._lanes.values():
            lane.limit_by(paces.get(lane.name), now)

    def _lane(self, route: StoredRoute) -> Lane | None:
        """Return the lane of a stored route: the same one as before unless it leads to another relay."""
        relay = self._default if route.sealed is None else self._relay_of(route.name, route.sealed)
        if relay is None:
            log("mailer.delivery").error("route_unusable", route=route.name)
            return None
        lane = self._lanes.get(route.name)
        if lane is None:
            lane = Lane(route.name, relay)
        if lane.relay != relay:
            lane.relay, lane.failures = relay, 0
        lane.weight, lane.priority, lane.limit = route.weight, route.priority, route.max_connections
        lane.is_active = route.state == "active"
        return lane
