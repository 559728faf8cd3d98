"""The ledger's SQL: append and read, nothing else; one function appends many entries, of many subscribers, in one transaction.

Locks in one order (the checkpoints' lock, chains by number, then the head of the suppression log), so that two appenders never wait for each other
in a ring. New entries that restrict go to the journal before they can commit.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.chain import link_entries
from services.optout.domain.choices import stable_id
from services.optout.domain.entries import GENESIS, LedgerEntry, NewEntry
from services.optout.store.checkpoints import JOURNALING
from services.optout.store.journal import Keeps
from services.optout.store.suppressions import SUPPRESSION_KINDS, log_suppressions

_COLUMNS: Final = """
subscriber_id, chain_position, entry_id, kind, location_id, address_key, person_id, basis, scope, suppression_class, channel, policy_version,
evidence, occurred_at, recorded_at, valid_until, wording, bounce_class, topic, previous_hash, hash"""
_TYPES: Final = {
    "subscriber_id": "uuid",
    "chain_position": "bigint",
    "entry_id": "uuid",
    "location_id": "uuid",
    "person_id": "uuid",
    "occurred_at": "timestamptz",
    "recorded_at": "timestamptz",
    "valid_until": "timestamptz",
    "previous_hash": "bytea",
    "hash": "bytea",
}
_NAMES: Final = [name.strip() for name in _COLUMNS.split(",")]
_OF_LINK: Final = ("chain_position", "recorded_at", "previous_hash", "hash")
_LOCK_CHAINS: Final = text(
    f"select pg_advisory_xact_lock_shared({JOURNALING}), "  # noqa: S608 - our own number
    "(select count(pg_advisory_xact_lock(chain)) from unnest(cast(:chains as bigint[])) as chain)"
)
_FIND: Final = text("""
select w.n, l.entry_id is not null as is_filed, l.position, l.lifted_by, h.chain_position, h.hash
from unnest(cast(:subscribers as uuid[]), cast(:ids as uuid[])) with ordinality as w (subscriber_id, entry_id, n)
left join lateral (
    select f.entry_id, g.position, (
        select x.entry_id from ledger x where x.subscriber_id = f.subscriber_id and x.kind = 'lift' and x.address_key = f.address_key
        and x.chain_position > f.chain_position order by x.chain_position desc limit 1) as lifted_by
    from ledger f left join suppression_log g on g.subscriber_id = f.subscriber_id and g.entry_id = f.entry_id
    where f.subscriber_id = w.subscriber_id and f.entry_id = w.entry_id offset 0) l on true
left join lateral (
    select chain_position, hash from ledger c where c.subscriber_id = w.subscriber_id order by chain_position desc limit 1) h on true
""")
_INSERT: Final = text(
    f"insert into ledger ({_COLUMNS}) select * from unnest("  # noqa: S608 - our own column names
    + ", ".join(f"cast(:{name} as {_TYPES.get(name, 'text')}[])" for name in _NAMES)
    + ")"
)
_OF_ADDRESS: Final = text(
    f"select {_COLUMNS} from ledger where subscriber_id = :subscriber and address_key = any(cast(:address_keys as text[])) "  # noqa: S608
    "and chain_position > :after order by chain_position limit :limit"
)
_ONE: Final = text(f"select {_COLUMNS} from ledger where subscriber_id = :subscriber and entry_id = :entry_id")  # noqa: S608
_STOPS: Final = text(
    f"select {_COLUMNS} from ledger where subscriber_id = :subscriber and kind in ('optout', 'erasure', 'lift') "  # noqa: S608
    "and (address_key, chain_position) > (:address_key, :position) order by address_key, chain_position limit :limit"
)
_STOPS_OF: Final = text(
    f"select {_COLUMNS} from ledger where subscriber_id = any(cast(:subscribers as uuid[])) and address_key = :address_key "  # noqa: S608
    "and kind in ('optout', 'erasure', 'lift') order by subscriber_id, chain_position limit :limit"
)
_AROUND: Final = text(
    f"select {_COLUMNS} from ledger where subscriber_id = :subscriber and address_key = "  # noqa: S608
    "(select address_key from ledger where subscriber_id = :subscriber and entry_id = :entry_id) "
    "and kind in ('optout', 'erasure', 'lift') order by chain_position limit :limit"
)
_OF_CHAIN: Final = text(
    f"select {_COLUMNS} from ledger where subscriber_id = :subscriber and chain_position > :after "  # noqa: S608
    "and chain_position <= :until order by chain_position limit 5000"
)
_HEAD: Final = text("select max(chain_position) from ledger where subscriber_id = :subscriber")
_MISSING: Final = text("""
select g.subscriber_id, g.entry_id from suppression_log g
where not exists (select from ledger l where l.subscriber_id = g.subscriber_id and l.entry_id = g.entry_id) order by g.position limit 100
""")


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of an entry: `is_new` false for a repeat; `position` in the suppression log, None for what stops nothing."""

    entry_id: UUID
    is_new: bool
    position: int | None


class TooManyStopsError(RuntimeError):
    """An address has more opt-outs and lifts than a page looks at: nothing is decided on a part of them."""


class NotJournaledError(RuntimeError):
    """An entry that restricts was to be appended without its journal: a defect of the caller."""


async def append_entries(
    connection: AsyncConnection, entries: Sequence[NewEntry], *, recorded_at: datetime, journal: Keeps | None = None
) -> list[Filed]:
    """Append entries to their chains in the caller's transaction and return one result per entry, in order.

    Whoever appends entries that restrict gives the journal; raises OSError when it cannot be written: then nothing may commit.
    Repeats (same subscriber and entry_id) change nothing. Opt-outs, tombstones and lifts also get their position in the suppression log; from then on
    until commit no other opt-out commits, so nothing slow may follow.
    """
    await lock_chains(connection, {entry.subscriber_id for entry in entries})
    wanted = list(entries)
    found = await _find(connection, wanted)
    again = [n for n, each in found.filed.items() if each.lifted_by is not None and wanted[n].by_consumer]
    if again:
        for n in again:
            wanted[n] = replace(wanted[n], entry_id=stable_id(wanted[n].entry_id, found.filed[n].lifted_by))
        found = await _find(connection, wanted)
    new: dict[tuple[UUID, UUID], NewEntry] = {}
    first: dict[tuple[UUID, UUID], int] = {}
    for n, entry in enumerate(wanted):
        if n not in found.filed and _key(entry) not in new:
            new[_key(entry)], first[_key(entry)] = entry, n
    positions = await _append(connection, _link(found, new.values(), recorded_at), journal) if new else {}
    return [
        Filed(entry.entry_id, False, found.filed[n].position)
        if n in found.filed
        else Filed(entry.entry_id, first[_key(entry)] == n, positions.get(_key(entry)))
        for n, entry in enumerate(wanted)
    ]


async def _append(
    connection: AsyncConnection, linked: Sequence[LedgerEntry], journal: Keeps | None
) -> dict[tuple[UUID, UUID], int]:
    """Write the links, at the same time the journal, then the log; return the positions there."""
    keeping = asyncio.create_task(_keep_outside([link.entry for link in linked if link.entry.restricts], journal))
    try:
        await connection.execute(_INSERT, _as_arrays(linked))
    finally:
        await keeping
    stops = [link.entry for link in linked if link.entry.kind in SUPPRESSION_KINDS]
    return dict(zip(map(_key, stops), await log_suppressions(connection, stops), strict=True))


async def _keep_outside(entries: Sequence[NewEntry], journal: Keeps | None) -> None:
    if not entries:
        return
    if journal is None:
        raise NotJournaledError
    await journal.append(entries)


async def lock_chains(connection: AsyncConnection, subscribers: Iterable[UUID]) -> None:
    """Keep others from appending to these chains until the transaction ends: for a decision that rests on what they hold."""
    await connection.execute(_LOCK_CHAINS, {"chains": sorted({_chain_lock(each) for each in subscribers})})


async def read_stops_around(
    connection: AsyncConnection, subscriber_id: UUID, entry_id: UUID, *, limit: int = 2000
) -> list[LedgerEntry]:
    """Return, as `read_stops_of`, what stops and lifts the address that this entry is about; nothing for an entry not on file."""
    given = {"subscriber": subscriber_id, "entry_id": entry_id, "limit": limit + 1}
    return _all_of([_as_entry(row) for row in (await connection.execute(_AROUND, given)).mappings()], limit)


async def read_address(
    connection: AsyncConnection, subscriber_id: UUID, *address_keys: str, after: int = 0, limit: int = 1000
) -> list[LedgerEntry]:
    """Return the entries on file for an address of a subscriber (under each of its keys) behind a chain position, oldest first."""
    rows = await connection.execute(
        _OF_ADDRESS, {"subscriber": subscriber_id, "address_keys": list(address_keys), "after": after, "limit": limit}
    )
    return [_as_entry(row) for row in rows.mappings()]


async def find_entry(connection: AsyncConnection, subscriber_id: UUID, entry_id: UUID) -> LedgerEntry | None:
    """Return one entry of a subscriber's chain, or None."""
    row = (await connection.execute(_ONE, {"subscriber": subscriber_id, "entry_id": entry_id})).mappings().one_or_none()
    return _as_entry(row) if row else None


async def read_stops(
    connection: AsyncConnection, subscriber_id: UUID, *, after: tuple[str, int], limit: int
) -> list[LedgerEntry]:
    """Return a subscriber's opt-outs, tombstones and lifts behind an address key and position, each address in the order of the chain."""
    given = {"subscriber": subscriber_id, "address_key": after[0], "position": after[1], "limit": limit}
    rows = await connection.execute(_STOPS, given)
    return [_as_entry(row) for row in rows.mappings()]


async def read_stops_of(
    connection: AsyncConnection, *subscriber_ids: UUID, address_key: str, limit: int = 2000
) -> list[LedgerEntry]:
    """Return the opt-outs, tombstones and lifts of one address in these chains, each chain in order; raise TooManyStopsError beyond the limit."""
    given = {"subscribers": list(subscriber_ids), "address_key": address_key, "limit": limit + 1}
    return _all_of([_as_entry(row) for row in (await connection.execute(_STOPS_OF, given)).mappings()], limit)


def _all_of(found: list[LedgerEntry], limit: int) -> list[LedgerEntry]:
    if len(found) > limit:
        raise TooManyStopsError
    return found


async def read_links(
    connection: AsyncConnection, subscriber_id: UUID, *, after: int = 0, until: int = 2**63 - 1
) -> list[LedgerEntry]:
    """Return at most 5,000 entries of a chain behind one position and up to another, in order."""
    rows = await connection.execute(_OF_CHAIN, {"subscriber": subscriber_id, "after": after, "until": until})
    return [_as_entry(row) for row in rows.mappings()]


async def read_chain(connection: AsyncConnection, subscriber_id: UUID) -> AsyncIterator[list[LedgerEntry]]:
    """Yield a whole chain in order, 5,000 entries at a time."""
    after = 0
    while links := await read_links(connection, subscriber_id, after=after):
        yield links
        after = links[-1].chain_position


async def read_head(connection: AsyncConnection, subscriber_id: UUID) -> int:
    """Return the position of a chain's last entry, 0 for none."""
    return int(await connection.scalar(_HEAD, {"subscriber": subscriber_id}) or 0)


async def find_missing(connection: AsyncConnection) -> list[tuple[UUID, UUID]]:
    """Return (subscriber, entry) of at most 100 entries of the suppression log that no chain holds: somebody cut a chain's end off."""
    return [(row.subscriber_id, row.entry_id) for row in await connection.execute(_MISSING)]


async def read_subscribers(connection: AsyncConnection) -> list[UUID]:
    """Return every subscriber that has a chain (a worker's view)."""
    rows = await connection.execute(text("select distinct subscriber_id from ledger"))
    return [UUID(str(row.subscriber_id)) for row in rows]


def _key(entry: NewEntry) -> tuple[UUID, UUID]:
    return entry.subscriber_id, entry.entry_id


def _chain_lock(subscriber_id: UUID) -> int:
    """A lock number per chain; two chains that share one only take turns."""
    return int(subscriber_id.int ^ subscriber_id.int >> 64) & (2**63 - 1) | 1 << 62


@dataclass(frozen=True, slots=True)
class _Found:
    """What is on file of the entries wanted, by their number, and the end of each chain they belong to."""

    filed: dict[int, Any]
    ends: dict[UUID, tuple[int, bytes]]


async def _find(connection: AsyncConnection, entries: Sequence[NewEntry]) -> _Found:
    found = await connection.execute(
        _FIND, {"subscribers": [entry.subscriber_id for entry in entries], "ids": [entry.entry_id for entry in entries]}
    )
    rows = {row.n - 1: row for row in found}
    ends = {
        entries[n].subscriber_id: (row.chain_position, bytes(row.hash)) if row.hash else (0, GENESIS)
        for n, row in rows.items()
    }
    return _Found({n: row for n, row in rows.items() if row.is_filed}, ends)


def _link(found: _Found, new: Iterable[NewEntry], recorded_at: datetime) -> list[LedgerEntry]:
    by_chain: dict[UUID, list[NewEntry]] = {}
    for entry in new:
        by_chain.setdefault(entry.subscriber_id, []).append(entry)
    linked: list[LedgerEntry] = []
    for subscriber_id, own in by_chain.items():
        position, previous = found.ends[subscriber_id]
        linked += link_entries(own, last_position=position, last_hash=previous, recorded_at=recorded_at)
    return linked


def _as_arrays(linked: Sequence[LedgerEntry]) -> dict[str, list[Any]]:
    return {name: [getattr(link if name in _OF_LINK else link.entry, name) for link in linked] for name in _NAMES}


def _as_entry(row: RowMapping) -> LedgerEntry:
    values = dict(row)
    chain_position, recorded_at = values.pop("chain_position"), values.pop("recorded_at")
    previous_hash, own_hash = bytes(values.pop("previous_hash")), bytes(values.pop("hash"))
    return LedgerEntry(NewEntry(**values), chain_position, recorded_at, previous_hash, own_hash)
