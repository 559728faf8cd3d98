"""Merges staged rows: newest source version wins, equal content changes nothing and stays out of the feed, every row is accounted for.

One statement per kind of record. A merge runs alone on its connection's rows (store/staging.py), so that what it finds is what it changes.
`lateral (... offset 0)` pins the direction of a look-up, from the chunk to the table: the planner has no figures about a new subscriber and would
rather read all its rows for every chunk (measured: 4 s instead of 20 ms).
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.ingest.domain.batch import APPOINTMENT, CONSUMER, VISIT, Source
from shared.kit.db import RawConnection

_FOUND: Final = """
with found as materialized (
    select s.*, kept.source_updated_at as old_at, {old},
        case when kept.id is null then 'new' when s.source_updated_at < kept.source_updated_at then 'superseded'
             when s.content_hash = kept.content_hash then 'unchanged' else 'changed' end as verdict
    from {staging} s
    left join lateral (select * from {table} kept where kept.subscriber_id = $1 and kept.id = s.id offset 0) kept on true {join}
    where s.kind = {kind}
),
"""
_CONSUMERS: Final = """
merged as (
    insert into consumers as kept (subscriber_id, id, connection_id, location_id, source_updated_at, content_hash, personal, historic, deleted,
        address_key, address_problem, status, language, household_id, guardian_id, minor_until)
    select $1, id, $2, $3, source_updated_at, content_hash, personal, historic, deleted,
        address_key, address_problem, status, language, household_id, person_id, minor_until
    from found where verdict in ('new', 'changed') order by id
    on conflict (subscriber_id, id) do update set source_updated_at = excluded.source_updated_at, content_hash = excluded.content_hash,
        personal = excluded.personal, historic = kept.historic or excluded.historic, deleted = excluded.deleted,
        address_key = excluded.address_key, address_problem = excluded.address_problem, status = excluded.status, language = excluded.language,
        household_id = excluded.household_id, guardian_id = excluded.guardian_id, minor_until = excluded.minor_until
    returning id
),
touched as (
    insert into consumers as kept (
        subscriber_id, id, connection_id, location_id, source_updated_at, content_hash, historic, deleted, status, language)
    select $1, id, $2, $3, source_updated_at, content_hash, historic, deleted, status, language
    from found where verdict in ('unchanged', 'superseded') and (source_updated_at > old_at or (historic and not old_historic)) order by id
    on conflict (subscriber_id, id) do update set source_updated_at = greatest(kept.source_updated_at, excluded.source_updated_at),
        historic = kept.historic or excluded.historic
),
wards as (
    select w.id from merged m
    cross join lateral (select w.id from consumers w where w.subscriber_id = $1 and w.guardian_id = m.id and not w.deleted offset 0) w
),
affected as (select id from merged union select id from wards),
noted as (
    insert into changes (subscriber_id, kind, key)
    select $1, 'consumer', id from affected
    union all select $1, 'consumer', id from found where verdict in ('unchanged', 'superseded') and historic and not old_historic
)
select (select count(*) from merged) as applied, 0::bigint as parked,
    (select count(*) from found where verdict = 'unchanged') as unchanged,
    (select count(*) from found where verdict = 'superseded') as superseded,
    (select array_agg(id)::text from affected) as people,
    (select array_agg(id)::text from found where verdict = 'new') as arrived
"""
_CHILDREN: Final = """
merged as (
    insert into {table} (subscriber_id, id, connection_id, location_id, source_updated_at, content_hash, personal, historic, deleted,
        consumer_id, {fields}, parked)
    select $1, id, $2, $3, source_updated_at, content_hash, personal, historic, deleted, person_id, {staged}, now_parked
    from found where verdict in ('new', 'changed') order by id
    on conflict (subscriber_id, id) do update set source_updated_at = excluded.source_updated_at, content_hash = excluded.content_hash,
        personal = excluded.personal, historic = excluded.historic, deleted = excluded.deleted, consumer_id = excluded.consumer_id,
        {updates}, parked = excluded.parked
),
touched as (
    insert into {table} as kept (
        subscriber_id, id, connection_id, location_id, source_updated_at, content_hash, historic, deleted, {required}, parked)
    select $1, id, $2, $3, source_updated_at, content_hash, historic, deleted, {staged_required}, false
    from found where verdict = 'unchanged' and source_updated_at > old_at order by id
    on conflict (subscriber_id, id) do update set source_updated_at = greatest(kept.source_updated_at, excluded.source_updated_at)
),
noted as (
    insert into changes (subscriber_id, kind, key)
    select $1, '{name}', id from found
    where verdict in ('new', 'changed') and (not now_parked or (verdict = 'changed' and not was_parked))
)
select (select count(*) from found where verdict in ('new', 'changed') and not now_parked) as applied,
    (select count(*) from found where verdict in ('new', 'changed') and now_parked) as parked,
    (select count(*) from found where verdict = 'unchanged') as unchanged,
    (select count(*) from found where verdict = 'superseded') as superseded,
    (select array_agg(distinct person_id)::text from found
     where verdict in ('new', 'changed') and not now_parked and person_id is not null) as people,
    null::text as arrived
"""
_ATTACH: Final = """
with attached as (
    update {table} c set parked = false
    where c.subscriber_id = $1 and c.id = any(array(
        select a.id from unnest($2::text::uuid[]) as p (id)
        cross join lateral (select a.id from {table} a where a.subscriber_id = $1 and a.consumer_id = p.id and a.parked offset 0) a))
    returning c.id
), noted as (
    insert into changes (subscriber_id, kind, key) select $1, '{name}', id from attached
)
select count(*) from attached
"""
_WORDS: Final = {
    APPOINTMENT: {
        "table": "appointments",
        "name": "appointment",
        "required": "status",
        "staged_required": "status",
        "fields": "starts_at, minutes, status, booked_at",
        "staged": "at, amount, status, booked_at",
        "updates": "starts_at = excluded.starts_at, minutes = excluded.minutes, status = excluded.status, booked_at = excluded.booked_at",
    },
    VISIT: {
        "table": "visits",
        "name": "visit",
        "required": "currency",
        "staged_required": "language",
        "fields": "completed_at, total_cents, currency",
        "staged": "at, amount, language",
        "updates": "completed_at = excluded.completed_at, total_cents = excluded.total_cents, currency = excluded.currency",
    },
}
_OLD_CHILD: Final = (
    "kept.parked as was_parked, s.person_id is not null and p.id is null and not s.deleted as now_parked"
)
_JOIN_PERSON: Final = "left join lateral (select p.id from consumers p where p.subscriber_id = $1 and p.id = s.person_id offset 0) p on true"


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the rows of one kind. `people` (a PostgreSQL array as text) are those whose consent may be due, `arrived` the new ones."""

    applied: int
    parked: int
    unchanged: int
    superseded: int
    people: str | None
    arrived: str | None


async def merge_rows(
    connection: RawConnection, *, staging: str, kind: int, subscriber_id: UUID, source: Source
) -> Merged:
    """Merge the staged rows of one kind and append what changed to the feed."""
    if kind == CONSUMER:
        old = "kept.historic as old_historic"
        found = _FOUND.format(old=old, staging=staging, table="consumers", join="", kind=kind)
        statement = found + _CONSUMERS
    else:
        words: dict[str, Any] = _WORDS[kind]
        found = _FOUND.format(old=_OLD_CHILD, staging=staging, table=words["table"], join=_JOIN_PERSON, kind=kind)
        statement = found + _CHILDREN.format(**words)
    row = await connection.fetchrow(statement, subscriber_id, source.connection_id, source.location_id)
    assert row is not None
    return Merged(**dict(row))


async def attach_parked(connection: RawConnection, *, subscriber_id: UUID, arrived: str) -> int:
    """Attach appointments and visits that came before their people (N-87); return how many."""
    attached = 0
    for words in _WORDS.values():
        attached += await connection.fetchval(_ATTACH.format(**words), subscriber_id, arrived)
    return attached
