"""Privacy cases with their append-only history: every change of a case writes its event in the same transaction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.cases import Case
from services.optout.domain.entries import PLATFORM
from services.optout.store.case_tables import case_events, privacy_cases
from shared.kit.db import Database

_TAKE_PROOF: Final = text("""
update privacy_cases set proven_at = :now, proof_id = null, state = 'proven'
where subscriber_id = :subscriber and proof_id = :proof and proof_until > :now and state = 'awaiting_proof' returning *
""")
_RELEASED: Final = text("""
select c.* from privacy_cases c
where c.state = 'held' and (c.held_because <> 'people_not_named' or c.person_ids <> '{}') and not exists (
    select from legal_holds h where h.address_keys && c.address_keys and h.ended_at is null
        and (c.subscriber_id = :platform or h.subscriber_id in (c.subscriber_id, :platform)))
order by c.opened_at limit :limit for update of c skip locked
""")
_LATE: Final = """
select array_remove(array[
    case when exists (select from privacy_cases where closed_at is null and due_at < $1) then 'privacy_case_overdue' end,
    case when exists (select from privacy_cases where state = 'executing' and executed_at < $2) then 'erasure_waits' end], null)
"""


@dataclass(frozen=True, slots=True)
class CaseEventRow:
    """One line of history; `detail` names no person."""

    at: datetime
    actor: str
    action: str
    detail: str = ""


async def add_case(connection: AsyncConnection, case: Case, event: CaseEventRow) -> bool:
    """Keep a new case; false where one of its kind is open for the address, or the same mail made one."""
    values = asdict(case) | {"entry_ids": list(case.entry_ids)}
    done = await connection.execute(
        upsert(privacy_cases).values(values).on_conflict_do_nothing().returning(privacy_cases.c.case_id)
    )
    if done.first() is None:
        return False
    await note_event(connection, case.subscriber_id, case.case_id, event)
    return True


async def find_case(
    connection: AsyncConnection, subscriber_id: UUID, case_id: UUID, *, lock: bool = False
) -> Case | None:
    """Return a case, locked until the transaction ends if wished."""
    columns = privacy_cases.c
    query = select(privacy_cases).where(columns.subscriber_id == subscriber_id, columns.case_id == case_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return _case(row) if row else None


async def find_open_case(connection: AsyncConnection, subscriber_id: UUID, address_key: str, kind: str) -> UUID | None:
    """Return the id of the open case of this kind about an address (its current key)."""
    columns = privacy_cases.c
    query = select(columns.case_id).where(
        columns.subscriber_id == subscriber_id,
        text("address_keys[1] = :address_key"),
        columns.kind == kind,
        columns.closed_at.is_(None),
    )
    found: UUID | None = await connection.scalar(query, {"address_key": address_key})
    return found


async def find_case_of_proof(connection: AsyncConnection, subscriber_id: UUID, proof_id: UUID) -> Case | None:
    """Return the case whose newest mail carries this proof."""
    columns = privacy_cases.c
    query = select(privacy_cases).where(columns.subscriber_id == subscriber_id, columns.proof_id == proof_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return _case(row) if row else None


async def take_proof(connection: AsyncConnection, *, subscriber_id: UUID, proof_id: UUID, now: datetime) -> Case | None:
    """Use a proof up and return its case; None for one that was used, replaced by a newer mail, or is too old."""
    found = await connection.execute(_TAKE_PROOF, {"subscriber": subscriber_id, "proof": proof_id, "now": now})
    row = found.mappings().one_or_none()
    return _case(row) if row else None


async def list_cases(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    locations: Sequence[UUID],
    is_open: bool | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Case]:
    """Return cases, oldest first; `locations` empty means all."""
    columns = privacy_cases.c
    query = select(privacy_cases).where(columns.subscriber_id == subscriber_id)
    if locations:
        query = query.where(columns.location_id.in_(locations))
    if is_open is not None:
        query = query.where(columns.closed_at.is_(None) if is_open else columns.closed_at.is_not(None))
    if after is not None:
        query = query.where(tuple_(columns.opened_at, columns.case_id) > tuple_(*after))
    rows = await connection.execute(query.order_by(columns.opened_at, columns.case_id).limit(limit))
    return [_case(row) for row in rows.mappings()]


async def list_released(connection: AsyncConnection, *, limit: int) -> list[Case]:
    """Return held cases of all subscribers (a worker's view) that no hold covers any more, locked; those that somebody has in hand are left out."""
    rows = await connection.execute(_RELEASED, {"limit": limit, "platform": PLATFORM})
    return [_case(row) for row in rows.mappings()]


async def find_executing(connection: AsyncConnection, subscriber_id: UUID, entry_ids: Sequence[UUID]) -> list[Case]:
    """Return the cases of a subscriber that wait for any of these tombstones, locked."""
    columns = privacy_cases.c
    query = select(privacy_cases).where(
        columns.subscriber_id == subscriber_id, columns.state == "executing", columns.entry_ids.overlap(list(entry_ids))
    )
    rows = await connection.execute(query.order_by(columns.case_id).with_for_update())
    return [_case(row) for row in rows.mappings()]


async def change_case(
    connection: AsyncConnection, case: Case, event: CaseEventRow | None = None, **values: Any
) -> Case:
    """Write changed fields of a case and what happened; return the case as it stands then."""
    columns = privacy_cases.c
    await connection.execute(
        update(privacy_cases)
        .where(columns.subscriber_id == case.subscriber_id, columns.case_id == case.case_id)
        .values(values)
    )
    if event is not None:
        await note_event(connection, case.subscriber_id, case.case_id, event)
    return replace(case, **values)


async def note_event(connection: AsyncConnection, subscriber_id: UUID, case_id: UUID, event: CaseEventRow) -> None:
    """Append to a case's history."""
    await connection.execute(
        insert(case_events).values(asdict(event) | {"subscriber_id": subscriber_id, "case_id": case_id})
    )


async def read_events(connection: AsyncConnection, subscriber_id: UUID, case_id: UUID) -> list[CaseEventRow]:
    """Return the newest 500 lines of a case's history, oldest first."""
    columns = case_events.c
    query = (
        select(columns.at, columns.actor, columns.action, columns.detail)
        .where(columns.subscriber_id == subscriber_id, columns.case_id == case_id)
        .order_by(columns.position.desc())
        .limit(500)
    )
    return [CaseEventRow(**row) for row in reversed((await connection.execute(query)).mappings().all())]


async def find_late(database: Database, *, now: datetime, waits_since: datetime) -> list[str]:
    """Return the health signals of cases: `privacy_case_overdue`, and `erasure_waits` for one not acknowledged since then."""
    return list(await database.glance(_LATE, now, waits_since))


def _case(row: Any) -> Case:
    return Case(**{**row, "entry_ids": tuple(row["entry_ids"])})
