"""Changes a privacy case: who has it, what an unclear one is, and the one extension that its law allows."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.actions.find_case_laws import find_case_laws
from services.optout.domain.case_periods import due_date
from services.optout.domain.cases import (
    PEOPLE_NOT_NAMED,
    Case,
    CaseOpenAlreadyError,
    ExtendedAlreadyError,
    KindDecidedError,
    require_open,
)
from services.optout.store.cases import CaseEventRow, change_case, find_open_case, note_event
from shared.kit.errors import VersionMismatchError
from shared.schemas.privacy_cases import CaseChange, CaseKind


async def edit_case(
    connection: AsyncConnection, *, case: Case, version: int, change: CaseChange, actor: str, now: datetime
) -> Case:
    """Return the changed case, which was locked; each change is a line of its history.

    Raises VersionMismatchError, CaseClosedError, CaseUnderWayError, KindDecidedError, CaseOpenAlreadyError, ExtendedAlreadyError.
    """
    if case.version != version:
        raise VersionMismatchError
    names_people = change.consumer_ids is not None and change == CaseChange(consumer_ids=change.consumer_ids)
    if not (names_people and case.held_because == PEOPLE_NOT_NAMED):
        require_open(case)
    values: dict[str, Any] = {}
    events: list[CaseEventRow] = []
    if change.kind is not None and change.kind != case.kind:
        values |= await _decide_kind(connection, case, change.kind)
        events.append(CaseEventRow(now, actor, "kind_decided", change.kind))
    if change.owner is not None and change.owner != case.owner:
        values["owner"] = change.owner
        events.append(CaseEventRow(now, actor, "given_to", change.owner))
    if change.consumer_ids is not None and set(change.consumer_ids) != set(case.person_ids):
        values["person_ids"] = list(dict.fromkeys(change.consumer_ids))
        events.append(CaseEventRow(now, actor, "people_named", f"{len(values['person_ids'])} people"))
    if change.extend_because is not None:
        if case.extended_at is not None or case.is_overdue(now):
            raise ExtendedAlreadyError
        values |= {"due_at": values.get("latest_at", case.latest_at), "extended_at": now}
        events.append(CaseEventRow(now, actor, "extended", change.extend_because))
    if not values:
        return case
    changed = await change_case(connection, case, version=version + 1, **values)
    for event in events:
        await note_event(connection, case.subscriber_id, case.case_id, event)
    return changed


async def _decide_kind(connection: AsyncConnection, case: Case, kind: CaseKind) -> dict[str, Any]:
    """Return the changes: the time runs from when the mail came, not from when it was understood."""
    if case.kind != "unclear":
        raise KindDecidedError
    if case.address_keys and await find_open_case(connection, case.subscriber_id, case.address_keys[0], kind):
        raise CaseOpenAlreadyError
    laws = await find_case_laws(
        connection, subscriber_id=case.subscriber_id, location_id=case.location_id, country=case.country
    )
    due = due_date(kind, case.opened_at, laws)
    return {"kind": kind, "law": due.law, "due_at": due.due_at, "latest_at": due.latest_at}
