"""The delivery worker: a table of contents of how a message leaves.

claim -> may we? -> pace -> prepare -> open or reuse a session -> body -> marker -> dot -> settle. Every early return settles the message.
"""

import asyncio
import random
from collections.abc import Iterable, Sequence
from itertools import chain
from time import monotonic
from typing import Final
from uuid import UUID

from services.mailer.delivery.sending import Sending
from services.mailer.delivery.settler import MOST_UNSETTLED
from services.mailer.delivery.tools import Tools
from services.mailer.domain.moves import INNOCENT_WAIT, Move
from services.mailer.domain.origins import rests_on_consent
from services.mailer.domain.states import State
from services.mailer.store.claiming import NOBODY, ClaimedMessage, claim_messages, extend_claims, find_last_served
from services.mailer.store.marking import may_mark
from services.mailer.store.queue import is_anything_due
from shared.kit.bell import Pace
from shared.kit.crashpoints import crashpoint
from shared.kit.ids import new_id
from shared.kit.logs import log
from shared.kit.loops import pause
from shared.schemas.optout import PermissionGroup
from shared.schemas.topics import Topic

_Shared = tuple[UUID, UUID, str, Topic | None]
_BATCH: Final = 1000
"""What goes with a claim (permission, facts, keys, paces) is a dozen statements and a call whatever its size."""
_LOOK_SECONDS: Final = 0.02
"""How often the length of the queue is looked at: half a batch lasts ten times as long at full speed."""
_HEARTBEAT_SECONDS: Final = 5.0
_LONGEST_BACKOFF_SECONDS: Final = 15.0


class DeliveryWorker:
    """Delivers due messages over a few sessions until it is stopped."""

    def __init__(self, tools: Tools) -> None:
        self._t = tools
        self._sending = Sending(tools)
        self._claims: set[UUID] = set()
        self._served = NOBODY

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; then finish what is being handed over, put the rest back and settle everything."""
        done = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(self._t.marker.run(done)), group.create_task(self._t.settler.run(done))]
            helpers.append(group.create_task(self._t.routing.run(done, self._t.pacer)))
            heartbeat = group.create_task(self._keep_alive(done))
            claimer = group.create_task(self._claim(stop))
            sessions = [group.create_task(self._sending.keep_sending(stop)) for _ in range(self._t.connections)]
            await asyncio.gather(claimer, *sessions)
            self._put_back(self._sending.take_rest(), None)
            done.set()
            await asyncio.gather(*helpers, heartbeat)

    # --- claim -> may we?

    async def _claim(self, stop: asyncio.Event) -> None:
        failures = 0
        pace = Pace(self._t.idle_seconds)
        while not stop.is_set():
            try:
                claimed = await self._claim_batch()
                failures = 0
            except Exception as error:
                failures += 1
                log("mailer.delivery").warning("claim_failed", failures=failures, exc_info=error)
                await pause(stop, random.uniform(0.1, min(_LONGEST_BACKOFF_SECONDS, 0.2 * 2**failures)))  # noqa: S311
                continue
            if not claimed:
                await pace.rest(stop)
        await self._sending.add([])

    async def _claim_batch(self) -> bool:
        """Claim when half the queue is gone; return whether anything was claimed."""
        if self._t.settler.unsettled > MOST_UNSETTLED:
            await asyncio.sleep(0.005)
            return True
        if not self._sending and not await is_anything_due(self._t.database, now=self._t.clock.now()):
            return False
        room = await self._find_room()
        if not room:
            return False
        if len(self._sending) > _BATCH // 2:
            await asyncio.sleep(_LOOK_SECONDS)
            return True
        claim_id = new_id()
        async with self._t.database.raw() as connection:
            if not await may_mark(connection):
                return False
            messages = await claim_messages(
                connection,
                worker_id=self._t.worker_id,
                claim_id=claim_id,
                limit=room,
                now=self._t.clock.now(),
                after=self._served,
            )
        self._served = find_last_served(self._served, messages)
        crashpoint("mailer.after_claim")
        if not messages:
            return False
        self._claims.add(claim_id)
        await self._sending.add(await self._admit(messages))
        return True

    async def _find_room(self) -> int:
        """Return how many messages the routes may take now. While none may be used nothing is held back for it."""
        routing = self._t.routing
        await routing.look()
        room = await routing.reserve(_BATCH, len(self._sending))
        if not routing.is_open:
            self._put_back(self._sending.take_rest(), "paced" if routing.is_spent else "no_route")
        elif routing.is_limited:
            await self._sending.add([])
        return room

    async def _admit(self, messages: list[ClaimedMessage]) -> list[ClaimedMessage]:
        """Return the messages that may go, warmed up; on any silence they wait again and nothing is sent (fails closed)."""
        waiting: Sequence[ClaimedMessage] = messages
        try:
            waiting = allowed = await self._ask_permission(messages)
            await self._t.preparer.warm(allowed)
            going, paced = await self._t.pacer.admit(allowed)
        except BaseException:
            self._put_back(waiting, "permission_unknown")
            raise
        crashpoint("mailer.after_permission")
        for message, move in paced:
            self._t.settle_move(message, move)
        await self._t.preparer.sign_ahead(going)
        return going

    def _put_back(self, messages: Sequence[ClaimedMessage], reason: str | None) -> None:
        for message in messages:
            self._t.settle_move(message, Move(State.ACCEPTED, reason, self._t.clock.now() + INNOCENT_WAIT))

    async def _ask_permission(self, messages: list[ClaimedMessage]) -> list[ClaimedMessage]:
        """Return the allowed ones in their order; settle the others. Only a refusal is final."""
        groups = _group(message for message in messages if rests_on_consent(message.origin))
        if not groups:
            return messages
        found = await self._t.optout.check([_ask_about(*key, group) for key, group in groups.items()])
        reasons, stopped = iter(found.reasons), set()
        for message, verdict in zip(chain.from_iterable(groups.values()), found.verdicts, strict=True):
            if verdict == "a":
                continue
            stopped.add(message.message_id)
            refused = Move(State.SUPPRESSED, next(reasons)) if verdict == "r" else None
            self._t.settle_move(message, refused or Move(State.RECHECK, "no_permission_yet"))
        return [message for message in messages if message.message_id not in stopped] if stopped else messages

    async def _keep_alive(self, done: asyncio.Event) -> None:
        """Extend this worker's claims; a claim that ran out is not revived, its messages belong to somebody else."""
        last = monotonic()
        while not done.is_set():
            await pause(done, _HEARTBEAT_SECONDS)
            try:
                async with self._t.database.raw() as connection:
                    self._claims -= await extend_claims(
                        connection, worker_id=self._t.worker_id, known=list(self._claims)
                    )
                last = monotonic()
            except Exception as error:
                log("mailer.delivery").warning("heartbeat_failed", seconds=round(monotonic() - last, 1), exc_info=error)


def _group(messages: Iterable[ClaimedMessage]) -> dict[_Shared, list[ClaimedMessage]]:
    """Return messages by what they share for permission, each group in the order claimed."""
    groups: dict[_Shared, list[ClaimedMessage]] = {}
    for message in messages:
        key = (message.subscriber_id, message.location_id, message.message_class, message.topic)
        groups.setdefault(key, []).append(message)
    return groups


def _ask_about(
    subscriber_id: UUID, location_id: UUID, message_class: str, topic: Topic | None, messages: list[ClaimedMessage]
) -> PermissionGroup:
    return PermissionGroup(
        subscriber_id=subscriber_id,
        location_id=location_id,
        message_class="commercial" if message_class == "commercial" else "transactional",
        topic=topic,
        address_keys=[message.address_key for message in messages],
        person_ids=[message.person_ids for message in messages],
    )
