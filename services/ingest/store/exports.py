"""What a subscriber takes out: records page by page in the order of their ids, and the note of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.person import unpack_detail, unpack_person
from services.ingest.store.child_kinds import CHILDREN, ChildKind
from services.ingest.store.export_tables import record_exports
from services.ingest.store.row_keys import SubscriberKeys
from shared.schemas.record_exports import RecordExport

_DETAILS: Final[dict[str, tuple[str, ...]]] = {
    "appointment": ("provider",),
    "visit": ("vehicle",),
    "vehicle": ("vin", "plate", "make", "model"),
    "service_line": ("description",),
    "provider": ("name",),
    "contact_point": ("value",),
}
"""What of a child lies sealed, in the order of store/child_rows.py."""
_PERSON: Final = ("foreign_id", "first_name", "last_name", "preferred_name", "address", "phone", "birth_on")
_CLEAR: Final = (
    *("address_problem", "language", "status", "household_id", "guardian_id", "merged_into", "minor_until", "historic"),
    *("source_updated_at", "first_seen_at"),
)
_KINDS: Final = {child.name: child for child in CHILDREN.values()}
_PAGE: Final = """
select c.*, {flag} as refused_at_source from {table} c
where c.subscriber_id = :subscriber and c.id > :after and not c.deleted and c.personal is not null
    and (cast(:locations as uuid[]) is null or c.location_id = any(cast(:locations as uuid[])))
order by c.id limit :limit
"""
_FLAG: Final = "exists (select from source_optouts o where o.subscriber_id = c.subscriber_id and o.person_id = c.id)"


def _child(entity: str) -> ChildKind | None:
    return _KINDS.get(entity)


def columns_of(entity: str) -> list[str]:
    """Return the names of an entity's exported fields, in order."""
    child = _child(entity)
    if child is None:
        return ["consumer_id", "location_id", *_PERSON, *_CLEAR, "opted_out", "opted_out_topics"]
    clear = [column for column, _ in child.pairs]
    return [
        f"{child.name}_id",
        *("location_id", "foreign_id"),
        *clear,
        *_DETAILS.get(child.name, ()),
        *("historic", "source_updated_at"),
    ]


async def read_page(
    connection: AsyncConnection,
    *,
    entity: str,
    subscriber_id: UUID,
    after: UUID,
    location_ids: Sequence[UUID] | None,
    limit: int,
) -> list[Any]:
    """Return rows behind an id, ciphertext still."""
    child = _child(entity)
    table, flag = (child.table, "false") if child else ("consumers", _FLAG)
    statement = text(_PAGE.format(table=table, flag=flag))
    values = {"subscriber": subscriber_id, "after": after, "limit": limit}
    return list(await connection.execute(statement, values | {"locations": location_ids and list(location_ids)}))


def opened(entity: str, row: Any, keys: SubscriberKeys) -> dict[str, Any]:
    """Return a row's exported fields by name, without what the person has opted out of."""
    child = _child(entity)
    table = child.table if child else "consumers"
    packed = keys.cipher.decrypt(bytes(row.personal), f"{table}.personal:".encode() + row.id.bytes)
    values: dict[str, Any]
    if child is None:
        person = unpack_person(packed)
        values = {name: getattr(person, name) for name in _PERSON}
    else:
        foreign_id, *details = unpack_detail(packed)
        values = {"foreign_id": foreign_id, **dict(zip(_DETAILS.get(entity, ()), details, strict=True))}
    own = {f"{entity}_id": row.id}
    return {name: {**own, **values}.get(name, getattr(row, name, None)) for name in columns_of(entity)}


async def count_since(connection: AsyncConnection, *, subscriber_id: UUID, since: datetime) -> int:
    """Return how many exports were begun since then."""
    columns = record_exports.c
    query = select(func.count()).where(columns.subscriber_id == subscriber_id, columns.made_at > since)
    return int(await connection.scalar(query) or 0)


async def add_export(connection: AsyncConnection, *, subscriber_id: UUID, record: RecordExport) -> None:
    """Note an export before its first line."""
    values = record.model_dump(exclude={"information"})
    await connection.execute(insert(record_exports).values(subscriber_id=subscriber_id, **values))


async def end_export(
    connection: AsyncConnection, *, subscriber_id: UUID, export_id: UUID, rows: int, now: datetime
) -> None:
    """Note that the last line was sent."""
    columns = record_exports.c
    statement = update(record_exports).where(columns.subscriber_id == subscriber_id, columns.export_id == export_id)
    await connection.execute(statement.values(rows=rows, finished_at=now))


async def list_made(
    connection: AsyncConnection, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[RecordExport]:
    """Return the context's exports, newest first, behind (made_at, export_id)."""
    columns = record_exports.c
    query = select(record_exports).order_by(columns.made_at.desc(), columns.export_id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(columns.made_at, columns.export_id) < tuple_(*before))
    return [RecordExport.model_validate(dict(row._mapping)) for row in await connection.execute(query)]
