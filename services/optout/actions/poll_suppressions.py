"""Gives a follower the suppressions it has not received and, if the answer holds all there are, a lease to send (architecture 4)."""

from time import monotonic
from typing import Final

from services.optout.store.door import Door
from services.optout.store.holders import Head, keep_holder, read_head, report_progress, share_head
from services.optout.store.recovery import Standing
from services.optout.store.suppressions import read_suppressions
from shared.kit.crashpoints import crashpoint
from shared.kit.db import RawConnection
from shared.kit.epoch import renew_epoch
from shared.schemas.optout import SuppressionAnswer, SuppressionPoll

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
    """Tell whether there is no entry for this follower yet and its lease is fresh; keep its progress, which a door may be waiting for."""
    async with door.database.raw() as connection:
        head = await read_head(connection, poll.holder)
        is_up_to_date = head.is_ours and poll.epoch == head.epoch and poll.after == head.last
        if not is_up_to_date or head.lease_seconds <= door.lease_seconds * _LEASE_SHARE_LEFT:
            return False
        safe = min(poll.safe, poll.after)
        if (head.after, head.safe) != (poll.after, safe):
            await report_progress(connection, poll.holder, after=poll.after, safe=safe)
            door.watch.poke()
    return True


async def _answer(door: Door, poll: SuppressionPoll) -> SuppressionAnswer:
    """Answer in one transaction that shares the head's lock."""
    answer = None
    async with door.database.raw() as connection, connection.transaction():
        head = await share_head(connection, poll.holder)
        if head.is_ours:
            answer = await _answer_from(door, poll, head, connection)
    if answer is not None:
        door.watch.poke()
        return answer
    # After a promotion or restore under us: a new epoch and HOLD, before either is trusted.
    async with door.database.transaction() as renewing:
        await renew_epoch(renewing)
    return await _answer(door, poll)


async def _answer_from(door: Door, poll: SuppressionPoll, head: Head, connection: RawConnection) -> SuppressionAnswer:
    # A follower without an epoch starts from nothing: that is as good as ours.
    known = poll.after <= head.last and (poll.epoch == head.epoch or (poll.epoch is None and poll.after == 0))
    after, safe = (poll.after, min(poll.safe, poll.after)) if known else (0, 0)
    entries = await read_suppressions(connection, after=after, limit=_MOST_ROWS) if after < head.last else []
    is_complete = (entries[-1].position if entries else after) == head.last
    is_recovered = door.recovery.covers(Standing(head.epoch, head.server_started))
    may_send = known and is_complete and is_recovered and not head.on_hold and door.spool.is_empty()
    lease = door.lease_seconds if may_send else 0.0
    await keep_holder(connection, poll.holder, after=after, safe=safe, lease_seconds=lease)
    return SuppressionAnswer(epoch=head.epoch, entries=entries, last=head.last, lease_seconds=lease)
