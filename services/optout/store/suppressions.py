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

_COLUMNS: Final = (
    "position, entry_id, kind, subscriber_id, location_id, address_key, person_id, suppression_class, topic"
)
# Log and feed in one statement, because the head stays locked from it to the commit. The feed's rows are the log's, as the wire has them.
_LOG: Final = text(f"""
with head as (
    update suppression_head set last_position = last_position + cardinality(cast(:entry_id as uuid[])) returning last_position),
logged as (
    insert into suppression_log ({_COLUMNS})
    select last_position - cardinality(cast(:entry_id as uuid[])) + n,
        entry_id, kind, subscriber_id, location_id, address_key, person_id, class, topic
    from head cross join unnest(cast(:entry_id as uuid[]), cast(:kind as text[]), cast(:subscriber_id as uuid[]), cast(:location_id as uuid[]),
        cast(:address_key as text[]), cast(:person_id as uuid[]), cast(:suppression_class as text[]), cast(:topic as text[]))
        with ordinality as e (entry_id, kind, subscriber_id, location_id, address_key, person_id, class, topic, n)
    returning {_COLUMNS}),
told as (
    insert into changes (subscriber_id, kind, key, body)
    select owner, 'suppression', entry_id, to_jsonb(logged) || jsonb_build_object('subscriber_id', owner)
    from logged cross join lateral (select nullif(subscriber_id, cast(:platform as uuid)) as owner) o order by position)
select last_position from head
""")  # noqa: S608 - our own column names
_READ: Final = f"select {_COLUMNS} from suppression_log where position > $1 order by position limit $2"  # noqa: S608
SUPPRESSION_KINDS: Final = {"optout": "suppress", "erasure": "suppress", "lift": "lift"}
"""Kinds of the ledger that followers hear of, and the word of the wire for each."""


async def log_suppressions(connection: AsyncConnection, entries: Sequence[NewEntry]) -> list[int]:
    """Append what stops and lifts to feed and log and return their positions. The caller commits at once: the head stays locked until then."""
    if not entries:
        return []
    rows = [_as_row(entry) for entry in entries]
    arrays: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    last = int(await connection.scalar(_LOG, arrays | {"platform": PLATFORM}) or 0)
    await append_changes(connection, [_as_order(entry) for entry in entries if entry.kind == "erasure"])
    return list(range(last - len(entries) + 1, last + 1))


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
