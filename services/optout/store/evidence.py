"""The entries on which permission rests, for a thousand questions in one round trip (raw asyncpg: the mailer's hot path)."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from services.optout.domain.entries import PLATFORM, LedgerEntry, NewEntry
from services.optout.domain.permission import Question
from shared.kit.db import RawConnection
from shared.kit.errors import OnHoldError

_COLUMNS: Final = """l.subscriber_id, l.entry_id, l.kind, l.channel, l.evidence, l.occurred_at, l.location_id, l.address_key, l.person_id,
    l.basis, l.scope, l.suppression_class, l.topic, l.policy_version, l.valid_until"""
_PERMITS_OR_DENIES: Final = "l.kind not in ('bounce', 'complaint')"
_COUNTRIES: Final = (
    "select id, body #>> '{postal_address,country}' as country from directory where kind = 'location' and id = any($1)"
)
# "offset 0" keeps the planner at one index look-up per question; with stale statistics it would read and sort the whole ledger.
_FIND: Final = f"""
with addresses as (select * from unnest($1::uuid[], $2::text[]) with ordinality as a (subscriber_id, address_key, n)),
persons as (select * from unnest($3::int[], $4::uuid[], $5::uuid[]) as p (n, subscriber_id, person_id))
select 0::bigint as n, 0::bigint as chain_position, null::timestamptz as recorded_at, l.* from service_state s
left join (select {_COLUMNS} from ledger l where false) l on true where s.on_hold
union all
select a.n, l.* from addresses a cross join lateral (
    select l.chain_position, l.recorded_at, {_COLUMNS} from ledger l where l.subscriber_id = a.subscriber_id and l.address_key = a.address_key
    and {_PERMITS_OR_DENIES} offset 0) l
union all
select a.n, l.* from addresses a cross join lateral (
    select l.chain_position, l.recorded_at, {_COLUMNS} from ledger l where l.subscriber_id = $6 and l.address_key = a.address_key
    and {_PERMITS_OR_DENIES} offset 0) l
union all
select p.n, l.* from persons p cross join lateral (
    select l.chain_position, l.recorded_at, {_COLUMNS} from ledger l
    where l.subscriber_id = p.subscriber_id and l.person_id = p.person_id and l.kind <> 'consent'
    and {_PERMITS_OR_DENIES} offset 0) l
"""  # noqa: S608 - our own column names


async def find_evidence(connection: RawConnection, questions: Sequence[Question]) -> list[list[LedgerEntry]]:
    """Return, per question, every entry about its address or its people, the platform's included.

    Raises OnHoldError: after a restore opt-outs may be missing, so nothing is allowed until a person confirms (I20).
    A restore under a running process is noticed by the next poll for a lease, without which nothing is sent; so it is not asked for here.
    """
    people = [
        (n, question.subscriber_id, person) for n, question in enumerate(questions, 1) for person in question.person_ids
    ]
    rows = await connection.fetch(
        _FIND,
        [question.subscriber_id for question in questions],
        [question.address_key for question in questions],
        [row[0] for row in people],
        [row[1] for row in people],
        [row[2] for row in people],
        PLATFORM,
    )
    found: list[list[LedgerEntry]] = [[] for _ in questions]
    for row in rows:
        if row[0] == 0:
            raise OnHoldError
        found[row[0] - 1].append(_as_entry(row))
    return found


def _as_entry(row: "asyncpg.Record") -> LedgerEntry:
    """Columns stand in the order of NewEntry's fields. Permission does not look at hashes; chain verification reads them itself."""
    return LedgerEntry(NewEntry(*row[3:]), row[1], row[2], b"", b"")


async def find_countries(connection: RawConnection, location_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the country of each location that has been pushed here."""
    rows = await connection.fetch(_COUNTRIES, [str(location_id) for location_id in location_ids])
    return {UUID(row["id"]): row["country"] for row in rows}
