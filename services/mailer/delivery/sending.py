"""Sending: one task per connection that opens a session when there is work, hands messages over and settles each of them."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

from services.mailer.delivery.lane import Lane
from services.mailer.delivery.marker import MarkerLostError
from services.mailer.delivery.prepare import Prepared, UnsendableError
from services.mailer.delivery.tools import Tools
from services.mailer.domain.moves import INNOCENT_WAIT, Move
from services.mailer.domain.origins import keep_waiting
from services.mailer.domain.outcomes import Bounced, Deferred, Phase, PutBack, Uncertain
from services.mailer.domain.states import State
from services.mailer.smtp.connect import Relay, RelayNotReadyError
from services.mailer.smtp.groups import Next, Ready, Refused
from services.mailer.smtp.serialize import UnfitMessageError
from services.mailer.smtp.session import Session, StillWaiting, open_session
from services.mailer.store.claiming import ClaimedMessage
from shared.kit.crashpoints import crashpoint
from shared.kit.logs import log

_IDLE_SECONDS: Final = 5.0
"""A session without work says QUIT after this."""
_MOST_DOTS: Final = 2000
"""A session is rotated after about this many messages."""


@dataclass(slots=True)
class _Seat:
    """A session with the lane it belongs to and the relay it was opened to. `is_left`: it was we who ended it, so the relay is not to blame."""

    session: Session
    lane: Lane
    relay: Relay
    is_left: bool = False


class Sending:
    """The queue of allowed messages and the tasks that empty it."""

    def __init__(self, tools: Tools) -> None:
        self._t = tools
        self._queue: deque[ClaimedMessage] = deque()
        self._arrived = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._queue)

    async def add(self, messages: Sequence[ClaimedMessage]) -> None:
        """Hand messages to the sessions; an empty addition only wakes them (at the stop)."""
        async with self._arrived:
            self._queue.extend(messages)
            self._arrived.notify_all()

    def take_rest(self) -> list[ClaimedMessage]:
        """Return what no session has taken."""
        rest, self._queue = list(self._queue), deque()
        return rest

    def _next_prepared(self, lane: Lane) -> Prepared | None:
        """Return the next message that can go over `lane`, if its budget allows, ready for the wire; settle those that cannot."""
        while self._queue and lane.has_budget:
            message = self._queue.popleft()
            if self._t.pacer.is_slowed(message):
                self._t.settle_move(message, Move(State.ACCEPTED, "paced", self._t.clock.now() + INNOCENT_WAIT))
                continue
            try:
                prepared = self._t.preparer.prepare(message)
            except UnsendableError as unsendable:
                self._t.settle_move(message, keep_waiting(message.origin, unsendable.move, now=self._t.clock.now()))
            except Exception as error:
                log("mailer.delivery").error("prepare_failed", message_id=str(message.message_id), exc_info=error)
                self._t.settle_move(message, Move(State.FAILED, "prepare_failed"))
            else:
                lane.spend()
                return prepared
        return None

    async def _wait_prepared(self, lane: Lane, stop: asyncio.Event) -> Prepared | None:
        """As `_next_prepared`, waiting for work and budget until the session is idle, or others of its lane wait and another lane would take it."""
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                while not stop.is_set():
                    if (prepared := self._next_prepared(lane)) is not None:
                        return prepared
                    if self._queue and self._t.routing.should_leave(lane):
                        return None
                    await self._wait_arrived(lane, stop)
        except TimeoutError:
            return None
        return None

    async def _wait_arrived(self, lane: Lane, stop: asyncio.Event) -> None:
        lane.waiting += 1
        try:
            async with self._arrived:
                if not stop.is_set() and not (self._queue and lane.has_budget):
                    await self._arrived.wait()
        finally:
            lane.waiting -= 1

    async def keep_sending(self, stop: asyncio.Event) -> None:
        """Open a session when there is work and a route for it, use it while there is more, close it when idle."""
        while not stop.is_set():
            async with self._arrived:
                if not self._queue and not stop.is_set():
                    await self._arrived.wait()
            if not self._queue:
                continue  # another session was quicker
            lane = self._t.routing.choose()
            if lane is None:
                await self._t.routing.wait_for_room()
            elif (first := self._next_prepared(lane)) is not None:
                lane.open += 1
                try:
                    await self._serve(lane, first, stop)
                finally:
                    await self._t.routing.free(lane)

    async def _serve(self, lane: Lane, first: Prepared, stop: asyncio.Event) -> None:
        """Hold one session of a lane. A relay that greets and then takes nothing is no better than one that does not greet."""
        started, relay = self._t.clock.now(), lane.relay
        try:
            seat = _Seat(await open_session(relay, self._t.limits), lane, relay)
        except RelayNotReadyError as error:
            self._t.routing.note_failed(lane, error)
            lane.spend(-1)
            self._t.settle_attempt(first, PutBack(Phase.CONNECT, error.reason, is_counted=False), started, lane.name)
            return
        if not await self._use(seat, first, stop):
            self._t.routing.note_failed(lane, "took_nothing")

    def _goes_on(self, seat: _Seat) -> bool:
        """The session may take another message: neither to be rotated nor its route to be left."""
        return seat.session.dots < _MOST_DOTS and self._t.routing.should_keep(seat.lane, seat.relay)

    async def _use(self, seat: _Seat, first: Prepared, stop: asyncio.Event) -> bool:
        """Hand over message after message; return false if the relay took nothing, or refused all for now before it knew the recipient."""
        session, lane = seat.session, seat.lane
        current: Prepared | None = first
        state: Next | None = await self._begin(seat, first)
        has_served = False
        while current is not None:
            following: Prepared | None = None
            if isinstance(state, Ready):
                following, state = await self._hand_over(seat, current, stop)
            elif state is not None:
                outcome = state.outcome if isinstance(state, Refused) else state
                self._t.settle_attempt(current, outcome, self._t.clock.now(), lane.name)
                self._t.pacer.note(current.message, lane.name, outcome)
                has_served |= isinstance(outcome, Bounced) or (
                    isinstance(outcome, Deferred) and outcome.phase is not Phase.MAIL
                )
            if session.dots or has_served:
                self._t.routing.note_served(lane)
            if following is None and session.is_usable and self._goes_on(seat):
                following = await self._wait_prepared(lane, stop)
                state = await self._begin(seat, following) if following else None
            current = following
        await session.quit()
        return has_served or session.dots > 0 or seat.is_left

    async def _begin(self, seat: _Seat, prepared: Prepared) -> Next:
        """MAIL, RCPT and DATA of a message. A relay that is slow to answer them is asked for less, too."""
        began = monotonic()
        state = await seat.session.begin(prepared.envelope)
        self._t.pacer.note_wait(seat.lane.name, monotonic() - began)
        return state

    async def _hand_over(
        self, seat: _Seat, current: Prepared, stop: asyncio.Event
    ) -> tuple[Prepared | None, Next | None]:
        """Body, marker, dot and reply of one message; return the next one if it travelled along, with where it stands."""
        session, started = seat.session, self._t.clock.now()
        try:
            put_back = await session.send_body(current.data)
        except UnfitMessageError:
            seat.is_left = True
            self._t.settle_move(current.message, Move(State.FAILED, "message_unfit"))
            return None, None
        crashpoint("mailer.after_body")
        if put_back is not None:
            self._t.settle_attempt(current, put_back, started, seat.lane.name)
            return None, None
        try:
            marked_at = await self._t.marker.mark(current.message)
        except MarkerLostError:
            seat.is_left = True
            session.abort()
            self._t.settle_attempt(
                current, PutBack(Phase.BODY, "marker_unknown", is_counted=False), started, seat.lane.name
            )
            return None, None
        if marked_at is None:
            seat.is_left = True
            session.abort()
            await self._resolve_unmarked(current.message)
            return None, None
        crashpoint("mailer.after_marker")
        following = self._next_prepared(seat.lane) if self._goes_on(seat) and not stop.is_set() else None
        return await self._finish(seat, current, following, started, marked_at)

    async def _finish(
        self, seat: _Seat, current: Prepared, following: Prepared | None, started: datetime, marked_at: float
    ) -> tuple[Prepared | None, Next | None]:
        session, dots = seat.session, seat.session.dots
        try:
            finished = await session.finish(following.envelope if following else None, marker_sent_at=marked_at)
            state, outcome = finished.next, finished.current
            if isinstance(outcome, StillWaiting):
                if following is not None and isinstance(state, PutBack):
                    self._t.settle_attempt(following, state, started, seat.lane.name)
                following, state = None, None
                outcome = await session.finish_alone()
            crashpoint("mailer.after_reply")
        except Exception as error:
            log("mailer.delivery").error("hand_over_failed", message_id=str(current.message.message_id), exc_info=error)
            has_left = session.dots > dots
            outcome = (
                Uncertain(Phase.DOT, "hand_over_failed")
                if has_left
                else PutBack(Phase.BODY, "hand_over_failed", is_counted=True)
            )
            session.abort()
            state = PutBack(Phase.MAIL, "hand_over_failed", is_counted=False)
        self._t.settle_attempt(current, outcome, started, seat.lane.name)
        self._t.pacer.note(current.message, seat.lane.name, outcome)
        self._t.pacer.note_wait(seat.lane.name, monotonic() - marked_at)
        if following is not None and state is None:
            usable = session.is_usable
            state = (
                await self._begin(seat, following)
                if usable
                else PutBack(Phase.MAIL, "connection_lost", is_counted=False)
            )
        return following, state

    async def _resolve_unmarked(self, message: ClaimedMessage) -> None:
        """The marker refused: settle by its reason. Without a live lease or while paused the message waits again."""
        try:
            verdict = await self._t.marker.explain(message)
        except Exception as error:
            log("mailer.delivery").warning("explain_failed", exc_info=error)
            verdict = "put_back"
        now = self._t.clock.now()
        moves = {
            "suppressed": Move(State.SUPPRESSED, "opted_out"),
            "expired": Move(State.EXPIRED, "too_late"),
            "put_back": Move(State.ACCEPTED, "not_now", now + INNOCENT_WAIT),
        }
        if verdict in moves:
            self._t.settle_move(message, moves[verdict])
            if verdict == "put_back":
                await asyncio.sleep(0.2)  # no lease, paused or on hold: do not spin
