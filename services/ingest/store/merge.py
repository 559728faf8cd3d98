"""Merges staged rows: newest source version wins, equal content changes nothing and stays out of the feed, every row is accounted for.

One statement per kind of record. A merge runs alone on its connection's rows (store/staging.py), so that what it finds is what it changes.
`lateral (... offset 0)` pins the direction of a look-up, from the chunk to the table: the planner has no figures about a new subscriber and would
rather read all its rows for every chunk (measured: 4 s instead of 20 ms).
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.ingest.domain.batch import CONSUMER, Source
from services.ingest.store.child_kinds import CHILDREN, ChildKind
from shared.kit.db import RawConnection

_FOUND: Final = """
with found as materialized (
    select s.*, kept.source_updated_at as old_at, kept.sequence as old_sequence, {old},
        case when kept.id is null then 'new' when s.source_updated_at < kept.source_updated_at then 'superseded'
             when s.source_updated_at = kept.source_updated_at and $4 < kept.sequence then 'superseded'
             when s.content_hash = kept.content_hash then 'unchanged' else 'changed' end as verdict
    from {staging} s
    left join lateral (select * from {table} kept where kept.subscriber_id = $1 and kept.id = s.id offset 0) kept on true {join}
    where s.kind = {kind}
),
"""
_CONSUMERS: Final = """
merged as (
    insert into consumers as kept (subscriber_id, id, connection_id, location_id, source_updated_at, sequence, content_hash, personal, historic,
        deleted, address_key, address_problem, status, language, household_id, guardian_id, minor_until, birthday, first_seen_at)
    select $1, id, $2, $3, source_updated_at, $4, content_hash, personal, historic, deleted,
        address_key, address_problem, status, language, household_id, person_id, minor_until, birthday, $5
    from found where verdict in ('new', 'changed') order by id
    on conflict (subscriber_id, id) do update set source_updated_at = excluded.source_updated_at, sequence = excluded.sequence,
        content_hash = excluded.content_hash, personal = excluded.personal, historic = kept.historic or excluded.historic,
        deleted = excluded.deleted, address_key = excluded.address_key, address_problem = excluded.address_problem, status = excluded.status,
        language = excluded.language, household_id = excluded.household_id, guardian_id = excluded.guardian_id,
        minor_until = excluded.minor_until, birthday = excluded.birthday, version = kept.version + 1
    returning id
),
touched as (
    insert into consumers as kept (
        subscriber_id, id, connection_id, location_id, source_updated_at, sequence, content_hash, historic, deleted, status, language)
    select $1, id, $2, $3, source_updated_at, $4, content_hash, historic, deleted, status, language
    from found f where (verdict = 'unchanged' and {newer}) or (verdict in ('unchanged', 'superseded') and historic and not old_historic) order by id
    on conflict (subscriber_id, id) do update set source_updated_at = greatest(kept.source_updated_at, excluded.source_updated_at),
        sequence = case when (excluded.source_updated_at, excluded.sequence) > (kept.source_updated_at, kept.sequence)
            then excluded.sequence else kept.sequence end, historic = kept.historic or excluded.historic
),
wards as (
    select w.id from merged m
    cross join lateral (select w.id from consumers w where w.subscriber_id = $1 and w.guardian_id = m.id and not w.deleted offset 0) w
),
affected as (select id from merged union select id from wards),
history as (
    insert into consumer_history (subscriber_id, consumer_id, changed_at, source, changed_by, fields)
    select $1, id, $5, 'connection', $2::uuid::text, coalesce(nullif(array_remove(array[{changed_fields}], null), '{}'), array['name_or_phone'])
    from found where verdict = 'changed' order by id
),
noted as (
    insert into changes (subscriber_id, kind, key)
    select $1, 'consumer', id from affected
    union all select $1, 'consumer', id from found where verdict in ('unchanged', 'superseded') and historic and not old_historic
)
select (select count(*) from merged) as applied, 0::bigint as parked,
    (select count(*) from found where verdict = 'unchanged') as unchanged,
    (select count(*) from found where verdict = 'superseded') as superseded,
    (select array_agg(id)::text from affected where id not in (select id from found where verdict = 'new')) as people,
    (select array_agg(id)::text from found where verdict = 'new') as arrived,
    case when not (select {alike} from found) then
        (select string_agg(case when verdict in ('new', 'changed') then 'a' else left(verdict, 1) end, '' order by line) from found) end as outcomes
"""
_CHILDREN: Final = """
merged as (
    insert into {table} as kept (subscriber_id, id, connection_id, location_id, source_updated_at, sequence, content_hash, personal, historic,
        deleted, {columns} parked)
    select $1, id, $2, $3, source_updated_at, $4, content_hash, personal, historic, deleted, {staged} now_parked
    from found where verdict in ('new', 'changed') order by id
    on conflict (subscriber_id, id) do update set source_updated_at = excluded.source_updated_at, sequence = excluded.sequence,
        content_hash = excluded.content_hash, personal = excluded.personal, historic = excluded.historic, deleted = excluded.deleted,
        {updates} parked = excluded.parked
),
touched as (
    insert into {table} as kept (subscriber_id, id, connection_id, location_id, source_updated_at, sequence, content_hash, historic, deleted,
        {columns} parked)
    select $1, id, $2, $3, source_updated_at, $4, content_hash, historic, deleted, {staged} false
    from found f where verdict = 'unchanged' and {newer} order by id
    on conflict (subscriber_id, id) do update set source_updated_at = excluded.source_updated_at, sequence = excluded.sequence
),
noted as (
    insert into changes (subscriber_id, kind, key)
    select $1, '{name}', id from found
    where {is_news} and verdict in ('new', 'changed') and (not now_parked or (verdict = 'changed' and not was_parked))
)
select (select count(*) from found where verdict in ('new', 'changed') and not now_parked) as applied,
    (select count(*) from found where verdict in ('new', 'changed') and now_parked) as parked,
    (select count(*) from found where verdict = 'unchanged') as unchanged,
    (select count(*) from found where verdict = 'superseded') as superseded,
    (select array_agg(distinct person_id)::text from found
     where verdict in ('new', 'changed') and not now_parked and person_id is not null) as people,
    (select array_agg(id)::text from found where verdict = 'new') as arrived,
    case when not (select {alike} and not bool_or(now_parked) from found) then
        (select string_agg(case when verdict not in ('new', 'changed') then left(verdict, 1) when now_parked then 'p' else 'a' end, '' order by line)
         from found) end as outcomes
"""
_ATTACH: Final = """
with attached as (
    update {table} c set parked = false
    where c.subscriber_id = $1 and c.id = any(array(
        select a.id from unnest($2::text::uuid[]) as p (id)
        cross join lateral (select a.id from {table} a where a.subscriber_id = $1 and a.{parent_id} = p.id and a.parked offset 0) a))
    returning c.id, c.{parent_id} as parent
), noted as (
    insert into changes (subscriber_id, kind, key) select $1, '{name}', id from attached where {is_news}
)
select array_agg(distinct parent)::text from attached
"""
_WAITS: Final = "(select '{name}' as name from {table} where subscriber_id = $1 and parked limit 1)"
_WAITING: Final = "select array_agg(name) from ({tables}) as waiting"
"""Which kinds have anything parked at all: nine looks a chunk instead of nine a person."""
_ALIKE: Final = "(bool_and(verdict in ('new', 'changed')) or bool_and(verdict = 'unchanged'))"
_FIELDS: Final = {
    "address": "address_key",
    "status": "status",
    "language": "language",
    "household_id": "household_id",
    "guardian_id": "person_id",
    "birth_on": "birthday",
    "deleted": "deleted",
}
_OLD_CONSUMER: Final = (
    "kept.historic as old_historic, kept.address_key as old_address_key, kept.status as old_status, "
    + (
        "kept.language as old_language, kept.household_id as old_household_id, kept.guardian_id as old_person_id, "
        "kept.birthday as old_birthday, kept.deleted as old_deleted"
    )
)
_CHANGED_FIELDS: Final = ", ".join(
    f"case when {column} is distinct from old_{column} then '{field}' end" for field, column in _FIELDS.items()
)
_NEWER: Final = "(f.source_updated_at > f.old_at or (f.source_updated_at = f.old_at and $4 > f.old_sequence))"
_PARKED: Final = "kept.parked as was_parked, s.person_id is not null and p.id is null and not s.deleted as now_parked"
_NEVER_PARKED: Final = "kept.parked as was_parked, false as now_parked"
_JOIN_PARENT: Final = "left join lateral (select p.id from {parent} p where p.subscriber_id = $1 and p.id = s.person_id offset 0) p on true"


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the rows of one kind. `people` (a PostgreSQL array as text) are those whose consent may be due, `arrived` the new ones: of
    a new person only what hangs on them can be evidence, so they are not among the people of their own row.

    `outcomes` holds a letter a row (domain/outcome.py) in the order of lines, None when all were applied or all were unchanged.
    """

    applied: int
    parked: int
    unchanged: int
    superseded: int
    people: str | None
    arrived: str | None
    outcomes: str | None


async def merge_rows(
    connection: RawConnection, *, staging: str, kind: int, subscriber_id: UUID, source: Source
) -> Merged:
    """Merge the staged rows of one kind and append what changed to the feed."""
    values = (subscriber_id, source.connection_id, source.location_id, source.sequence)
    if kind == CONSUMER:
        found = _FOUND.format(old=_OLD_CONSUMER, staging=staging, table="consumers", join="", kind=kind)
        row = await connection.fetchrow(
            found
            + _CONSUMERS.replace("{newer}", _NEWER)
            .replace("{alike}", _ALIKE)
            .replace("{changed_fields}", _CHANGED_FIELDS),
            *values,
            source.now,
        )
    else:
        row = await connection.fetchrow(_child_merge(CHILDREN[kind], staging, kind), *values)
    assert row is not None
    return Merged(**dict(row))


def _child_merge(child: ChildKind, staging: str, kind: int) -> str:
    old, join = (_PARKED, _JOIN_PARENT.format(parent=child.parent)) if child.parent else (_NEVER_PARKED, "")
    found = _FOUND.format(old=old, staging=staging, table=child.table, join=join, kind=kind)
    return found + _CHILDREN.format(
        table=child.table,
        name=child.name,
        is_news=str(child.is_news).lower(),
        newer=_NEWER,
        alike=_ALIKE,
        columns="".join(f"{column}, " for column, _ in child.pairs),
        staged="".join(f"{staged}, " for _, staged in child.pairs),
        updates="".join(f"{column} = excluded.{column}, " for column, _ in child.pairs),
    )


async def attach_parked(connection: RawConnection, *, subscriber_id: UUID, parent: str, arrived: str) -> dict[str, str]:
    """Attach children that came before their `parent` table's rows (N-87); return the parents by the children's name, arrays as text."""
    kinds = [child for child in CHILDREN.values() if child.parent == parent]
    tables = " union all ".join(_WAITS.format(name=child.name, table=child.table) for child in kinds)
    waiting = set(await connection.fetchval(_WAITING.format(tables=tables), subscriber_id) or ())
    attached: dict[str, str] = {}
    for child in kinds:
        if child.name in waiting:
            words = {
                "table": child.table,
                "parent_id": child.parent_id,
                "name": child.name,
                "is_news": str(child.is_news).lower(),
            }
            parents = await connection.fetchval(_ATTACH.format(**words), subscriber_id, arrived)
            if parents:
                attached[child.name] = parents
    return attached
