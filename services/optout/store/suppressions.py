"""The suppression log: positions in commit order without a gap, so that a poller that has seen n has seen everything up to n.

The row lock of `suppression_head` is the short lock of architecture 2: an appender holds it exclusively from taking its positions to its commit, a
poller shares it while it reads and grants a lease. A lease is therefore either visible to whoever commits an entry, or contains that entry.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from asyncpg import Record
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import PLATFORM, NewEntry
from shared.kit.db import RawConnection
from shared.kit.feed import NewChange, append_changes
from shared.schemas.optout import SuppressionEntry
from shared.schemas.privacy_cases import EraseOrder

_TAKE: Final = text("update suppression_head set last_position = last_position + :count returning last_position")
_COLUMNS: Final = (
    "position, entry_id, kind, subscriber_id, location_id, address_key, person_id, suppression_class, topic"
)
_INSERT: Final = text(f"""
insert into suppression_log ({_COLUMNS})
select * from unnest(cast(:position as bigint[]), cast(:entry_id as uuid[]), cast(:kind as text[]), cast(:subscriber_id as uuid[]),
    cast(:location_id as uuid[]), cast(:address_key as text[]), cast(:person_id as uuid[]), cast(:suppression_class as text[]),
    cast(:topic as text[]))
""")  # noqa: S608 - our own column names
_READ: Final = f"select {_COLUMNS} from suppression_log where position > $1 order by position limit $2"  # noqa: S608
SUPPRESSION_KINDS: Final = {"optout": "suppress", "erasure": "suppress", "lift": "lift"}
"""Kinds of the ledger that followers hear of, and the word of the wire for each."""


async def log_suppressions(connection: AsyncConnection, entries: Sequence[NewEntry]) -> list[int]:
    """Append what stops and lifts to feed and log and return their positions. The caller commits at once: the head stays locked until then."""
    if not entries:
        return []
    last = int(await connection.scalar(_TAKE, {"count": len(entries)}) or 0)
    positions = list(range(last - len(entries) + 1, last + 1))
    rows = [_as_row(entry) for entry in entries]
    arrays: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    await connection.execute(_INSERT, arrays | {"position": positions})
    orders = [_as_order(entry) for entry in entries if entry.kind == "erasure"]
    await append_changes(connection, [_as_change(*placed) for placed in zip(entries, positions, strict=True)] + orders)
    return positions


async def read_suppressions(connection: RawConnection, *, after: int, limit: int) -> list[SuppressionEntry]:
    """Return the entries after a position, in order."""
    return [_as_wire(row) for row in await connection.fetch(_READ, after, limit)]


def _as_row(entry: NewEntry) -> dict[str, Any]:
    return {
        "entry_id": entry.entry_id,
        "kind": SUPPRESSION_KINDS[entry.kind],
        "subscriber_id": entry.subscriber_id,
        "location_id": entry.location_id if entry.scope == "location" else None,
        "address_key": entry.address_key,
        "person_id": entry.person_id,
        "suppression_class": entry.suppression_class,
        "topic": entry.topic,
    }


def _as_change(entry: NewEntry, position: int) -> NewChange:
    subscriber_id = _wire_id(entry.subscriber_id)
    wire = SuppressionEntry.model_validate(_as_row(entry) | {"position": position, "subscriber_id": subscriber_id})
    return NewChange(subscriber_id, "suppression", entry.entry_id, wire.model_dump_json())


def _as_order(entry: NewEntry) -> NewChange:
    """A tombstone is an order as well: one that the journal brings back after a restore is told, and carried out, again (I20)."""
    subscriber_id = _wire_id(entry.subscriber_id)
    order = EraseOrder(
        entry_id=entry.entry_id,
        subscriber_id=subscriber_id,
        address_key=entry.address_key,
        person_id=entry.person_id,
        ordered_at=entry.occurred_at,
    )
    return NewChange(subscriber_id, "erase", entry.entry_id, order.model_dump_json())


def _as_wire(row: Record) -> SuppressionEntry:
    return SuppressionEntry.model_construct(**(dict(row) | {"subscriber_id": _wire_id(row["subscriber_id"])}))


def _wire_id(subscriber_id: UUID) -> UUID | None:
    return None if subscriber_id == PLATFORM else subscriber_id
