"""Notes that a service has carried tombstones out, and closes the cases that this completes: nothing personal is left in them.

Where several people share the mailbox and none was named, the case waits for a person to name whom it is about.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.cases import EXECUTORS, PEOPLE_NOT_NAMED, Case
from services.optout.domain.entries import PLATFORM
from services.optout.store.cases import CaseEventRow, change_case, find_executing, note_event
from services.optout.store.erasures import AcknowledgementRow, keep_acknowledgement, list_acknowledgements
from shared.kit.db import set_subscriber
from shared.schemas.privacy_cases import ErasureDone, ErasuresNoted


async def acknowledge_erasures(
    connection: AsyncConnection, *, done: Sequence[ErasureDone], service: str, now: datetime
) -> ErasuresNoted:
    """Keep acknowledgements; repeats, and those of tombstones whose case a restore has lost, are kept and close nothing."""
    rows = [
        AcknowledgementRow(each.subscriber_id or PLATFORM, each.entry_id, service, now, each.records, each.undecided)
        for each in done
    ]
    noted = closed = 0
    for subscriber_id, own in groupby(sorted(rows, key=lambda row: (row.subscriber_id, row.entry_id)), _owner):
        await set_subscriber(connection, subscriber_id)
        new = [row for row in own if await keep_acknowledgement(connection, row)]
        noted += len(new)
        # Locked one by one: of two services that are done at the same moment the second sees what the first has noted.
        for case in await find_executing(connection, subscriber_id, [row.entry_id for row in new]) if new else ():
            records = sum(row.records for row in new if row.entry_id in case.entry_ids)
            event = CaseEventRow(now, service, "acknowledged", f"{records} records")
            await note_event(connection, subscriber_id, case.case_id, event)
            closed += await _close_if_complete(connection, case, now)
    return ErasuresNoted(noted=noted, closed=closed)


def _owner(row: AcknowledgementRow) -> UUID:
    return row.subscriber_id


async def _close_if_complete(connection: AsyncConnection, case: Case, now: datetime) -> bool:
    found = await list_acknowledgements(connection, case.subscriber_id, case.entry_ids)
    awaited = {(entry_id, name) for entry_id in case.entry_ids for name in EXECUTORS}
    if not awaited <= {(row.entry_id, row.service) for row in found}:
        return False
    undecided = sum(row.undecided for row in found)
    if undecided:
        event = CaseEventRow(now, "optout", "held", f"{undecided} people share the mailbox and none is named")
        await change_case(connection, case, event, state="held", held_because=PEOPLE_NOT_NAMED)
        return False
    event = CaseEventRow(now, "optout", "closed", "executed")
    await change_case(connection, case, event, state="closed", closed_at=now, outcome="executed", sealed=None)
    return True
