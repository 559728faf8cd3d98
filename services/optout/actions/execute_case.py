"""Erases: tombstones into the ledger, from there as orders into the feed; or, where a legal hold forbids it, stops the mail and says why (N-110)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.cases import Case, stops_of, tombstones_of
from services.optout.store.cases import CaseEventRow, change_case
from services.optout.store.erasures import find_hold
from services.optout.store.journal import Keeps
from services.optout.store.ledger import Filed, append_entries
from services.optout.store.shredding import shred_address
from shared.kit.crashpoints import crashpoint


async def execute_case(
    connection: AsyncConnection, *, case: Case, journal: Keeps, actor: str, now: datetime
) -> int | None:
    """Execute a proven case in the caller's transaction (a worker's), which commits at once.

    Return the position of what stops the mail in the suppression log, None where a hold forbids the erasure and the mail has stopped already.
    Run again it changes nothing: the ids of the entries depend on the case alone. Raises OSError when the journal cannot be written.
    """
    reason = await find_hold(connection, case.subscriber_id, case.address_keys)
    if reason is not None:
        if case.state == "held":
            return None
        await change_case(connection, case, CaseEventRow(now, actor, "held", reason), state="held", held_because=reason)
        return _last(await append_entries(connection, stops_of(case, at=now), recorded_at=now, journal=journal))
    entries = tombstones_of(case, at=now)
    await change_case(
        connection,
        case,
        CaseEventRow(now, actor, "executed", f"{len(entries)} tombstones"),
        state="executing",
        held_because=None,
        executed_at=now,
        entry_ids=[entry.entry_id for entry in entries],
    )
    await shred_address(connection, case.subscriber_id, case.address_keys)
    filed = await append_entries(connection, entries, recorded_at=now, journal=journal)
    crashpoint("optout.before_erasure_commit")
    return _last(filed)


def _last(filed: Sequence[Filed]) -> int | None:
    return max((each.position for each in filed if each.position is not None), default=None)
