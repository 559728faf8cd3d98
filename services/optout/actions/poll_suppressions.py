"""Gives a follower the suppressions it has not received and, if the answer holds all there are, a lease to send (architecture 4)."""

from time import monotonic
from typing import Final

from services.optout.store.door import Door
from services.optout.store.holders import Grant, grant_lease, report_progress
from services.optout.store.recovery import Standing
from services.optout.store.suppressions import read_suppressions
from shared.kit.crashpoints import crashpoint
from shared.kit.db import RawConnection
from shared.kit.epoch import renew_epoch
from shared.schemas.optout import SuppressionAnswer, SuppressionEntry, SuppressionPoll

_MOST_ROWS: Final = 5000
_LEASE_SHARE_LEFT: Final = 0.5
"""A follower with less than this share of its lease left is answered at once instead of being kept waiting."""


async def poll_suppressions(door: Door, *, poll: SuppressionPoll) -> SuppressionAnswer:
    """Return the entries after `poll.after`, waiting up to `poll.wait_seconds` for the first, and grant a lease if nothing is missing.

    A foreign epoch, or a position this log never gave, starts again from 0 without a lease: the follower's acknowledgements count
    for nothing until it is through; a database that has not been brought up to date grants none. No connection is held while waiting.
    """
    deadline = monotonic() + poll.wait_seconds
    if poll.wait_seconds > 0 and await _has_nothing(door, poll):
        await door.watch.until(
            lambda state: state.last > poll.after, seconds=max(deadline - monotonic(), 0.001), urgent=False
        )
    answer = await _answer(door, poll)
    crashpoint("optout.after_lease")
    if answer.lease_seconds and not door.spool.is_empty():
        # An opt-out was spooled while we granted: its door counts from the spooling, so this lease must not start.
        return answer.model_copy(update={"lease_seconds": 0.0})
    return answer


async def _has_nothing(door: Door, poll: SuppressionPoll) -> bool:
    """Keep a follower's progress, which a door may be waiting for; tell whether there is no entry for it yet and its lease is fresh."""
    async with door.database.raw() as connection:
        progress = await report_progress(connection, poll)
    if progress.is_news:
        door.watch.poke()
    return progress.has_all and progress.lease_seconds > door.lease_seconds * _LEASE_SHARE_LEFT


async def _answer(door: Door, poll: SuppressionPoll) -> SuppressionAnswer:
    async with door.database.raw() as connection:
        grant = await _grant(door, poll, connection)
        if grant.is_ours:
            entries = await _read(connection, grant)
            return SuppressionAnswer(
                epoch=grant.epoch,
                entries=entries,
                last=max(grant.last, entries[-1].position if entries else 0),
                lease_seconds=grant.lease_seconds,
            )
    # After a promotion or restore under us: a new epoch and HOLD, before either is trusted.
    async with door.database.transaction() as renewing:
        await renew_epoch(renewing)
    return await _answer(door, poll)


async def _grant(door: Door, poll: SuppressionPoll, connection: RawConnection) -> Grant:
    standing = door.recovery.standing
    lease_seconds = door.lease_seconds if door.spool.is_empty() else 0.0
    grant = await grant_lease(connection, poll, lease_seconds=lease_seconds, most_rows=_MOST_ROWS, standing=standing)
    door.watch.poke()
    if grant.is_ours:
        door.recovery.covers(Standing(grant.epoch, grant.server_started))
    return grant


async def _read(connection: RawConnection, grant: Grant) -> list[SuppressionEntry]:
    """Read after the grant, and so at least what was there then."""
    if grant.after == grant.last:
        return []
    return await read_suppressions(connection, after=grant.after, limit=_MOST_ROWS)
