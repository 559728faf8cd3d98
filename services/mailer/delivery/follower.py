"""The elected follower of the suppression log: it brings entries into the mailer's database and keeps the send lease alive.

It runs outside the sending event loop (its own thread), so that a busy sender never delays an opt-out. What it reports as `safe` has taken effect:
stored under the exclusive lock, and every matching row that was being handed over then is settled or 2 s of its own monotonic clock have passed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID, uuid4

from services.mailer.clients.optout import OptoutClient, OptoutSilentError
from services.mailer.store.suppressing import (
    FollowerState,
    begin_poll,
    keep_safe,
    keep_suppressions,
    restart_copy,
    sweep_suppressed,
)
from shared.kit.clock import Clock
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database, RawConnection
from shared.kit.lease import drop_lease, take_lease
from shared.kit.logs import log
from shared.schemas.optout import SuppressionEntry, SuppressionPoll

HAND_OVER_SECONDS: Final = 2.0
"""No dot is written later than this after its marker was sent (architecture 4)."""
ELECTION: Final = "suppression_follower"
_ELECTED_SECONDS: Final = 4.0
_RENEW_SECONDS: Final = 1.5
"""An election younger than this is not renewed: every other poll does it."""
_QUICK_WAIT: Final = 0.02
_LONG_WAIT: Final = 1.0
_WORTH_A_WARNING: Final = 4


@dataclass
class _Pending:
    """Entries that are stored and not yet proven to have taken effect. Without keys nothing but time proves it."""

    epoch: UUID
    position: int
    stored_at: float
    address_keys: list[str]
    person_ids: list[UUID]


@dataclass
class SuppressionFollower:
    """One candidate; `step` follows the log if it is, or becomes, the elected one."""

    database: Database
    optout: OptoutClient
    clock: Clock
    candidate: UUID = field(default_factory=uuid4)
    _pending: list[_Pending] = field(default_factory=list)
    _silences: int = 0
    _leads_until: float = 0.0

    async def step(self) -> bool:
        """Poll once; return false (pause) when another candidate leads, optout is silent or has nothing for us, not even a lease."""
        if not await self._lead():
            return False
        async with self.database.raw() as connection:
            state = await begin_poll(connection)
            self._take_over(state)
            safe = await self._settle_pending(connection, state)
        wait = _QUICK_WAIT if self._pending else _LONG_WAIT
        poll = SuppressionPoll(
            holder=state.holder, epoch=state.epoch, after=state.received, safe=safe, wait_seconds=wait
        )
        try:
            answer = await self.optout.poll(poll)
        except OptoutSilentError as silent:
            self._silences += 1
            tell = log("mailer.follower").info if self._silences < _WORTH_A_WARNING else log("mailer.follower").warning
            tell("optout_silent", detail=str(silent), silences=self._silences)
            return False
        self._silences = 0
        if state.epoch is not None and (answer.epoch != state.epoch or answer.last < state.received):
            async with self.database.raw() as connection:
                await restart_copy(connection, epoch=state.epoch, received=state.received)
            self._pending.clear()
            return True
        crashpoint("mailer.poll_answered")
        lease_until = state.lease_from + timedelta(seconds=answer.lease_seconds) if answer.lease_seconds > 0 else None
        received = answer.entries[-1].position if answer.entries else state.received
        await self._keep(answer.entries, epoch=answer.epoch, received=received, lease_until=lease_until)
        return bool(answer.entries or self._pending or lease_until)

    async def stop(self) -> None:
        """Give the election back."""
        async with self.database.transaction() as connection:
            await drop_lease(connection, name=ELECTION, holder=self.candidate)
        self._leads_until = 0.0

    async def _lead(self) -> bool:
        if monotonic() < self._leads_until:
            return True
        asked_at = monotonic()
        leads = await take_lease(self.database, name=ELECTION, holder=self.candidate, seconds=_ELECTED_SECONDS)
        self._leads_until = asked_at + _RENEW_SECONDS if leads else 0.0
        return leads

    def _take_over(self, state: FollowerState) -> None:
        """What somebody else stored and nobody has called safe is safe when the longest hand-over has passed."""
        self._pending = [each for each in self._pending if each.epoch == state.epoch]
        known = max([state.safe, *(each.position for each in self._pending)])
        if state.epoch is not None and state.received > known:
            self._pending.append(_Pending(state.epoch, state.received, monotonic(), [], []))

    async def _keep(
        self, entries: Sequence[SuppressionEntry], *, epoch: UUID, received: int, lease_until: datetime | None
    ) -> None:
        async with self.database.raw() as connection:
            await keep_suppressions(connection, entries, epoch=epoch, received=received, lease_until=lease_until)
            crashpoint("mailer.after_suppression")
            if not entries:
                return
            keys = [entry.address_key for entry in entries if entry.address_key]
            people = [entry.person_id for entry in entries if entry.person_id]
            self._pending.append(_Pending(epoch, received, monotonic(), keys, people))
            await sweep_suppressed(connection, keys, people, now=self.clock.now())

    async def _settle_pending(self, connection: RawConnection, state: FollowerState) -> int:
        """Return the position up to which everything has taken effect, without waiting for it."""
        safe = state.safe
        while self._pending and await self._is_settled(connection, self._pending[0]):
            safe = max(safe, self._pending.pop(0).position)
        return safe

    async def _is_settled(self, connection: RawConnection, each: _Pending) -> bool:
        """Tell, and note, that nothing the entries speak of is being handed over any more."""
        if monotonic() - each.stored_at >= HAND_OVER_SECONDS:
            return await keep_safe(connection, epoch=each.epoch, position=each.position)
        return bool(each.address_keys or each.person_ids) and await keep_safe(
            connection,
            epoch=each.epoch,
            position=each.position,
            address_keys=each.address_keys,
            person_ids=each.person_ids,
        )


async def follow(follower: SuppressionFollower, stop: asyncio.Event) -> None:
    """Follow until `stop`; every failure only lets the lease run out, which stops the sending and never the opting out."""
    from shared.kit.loops import Loop, run_loop

    await run_loop(Loop("follow_suppressions", follower.step, idle_seconds=0.5), stop)
    await follower.stop()
