"""What a merge of two people does to them (N-06, N-07): the one that is gone is never written to, what it had counts for the other, and its
opt-outs are the other's too, for good.
"""

from typing import Final
from uuid import UUID

from shared.kit.db import RawConnection

_CHILDREN: Final = ("appointment", "visit", "recare_due", "vehicle", "service_line", "relation")
_CHILD: Final = """
    union all select $1, '{name}', a.id from {name}s a
    where a.subscriber_id = $1 and not a.parked and a.consumer_id = any(array(select id from affected))"""
_SETTLE: Final = """
with due as (
    select p.id, m.into_id from (select distinct unnest($2::text::uuid[]) as id) p
    left join lateral (
        select m.into_id from merges m where m.subscriber_id = $1 and m.consumer_id = p.id and not m.deleted and m.into_id <> p.id
        order by m.source_updated_at desc, m.sequence desc, m.id limit 1) m on true
), settled as (
    update consumers c set merged_into = due.into_id, version = c.version + 1 from due
    where c.subscriber_id = $1 and c.id = due.id and c.merged_into is distinct from due.into_id
    returning c.id
), affected as (
    select id from settled union select b.id from consumers b where b.subscriber_id = $1 and b.merged_into = any(array(select id from settled))
), noted as (
    insert into changes (subscriber_id, kind, key)
    select $1, 'consumer', id from affected
    union all select $1, 'consumer', w.id from consumers w where w.subscriber_id = $1 and w.guardian_id = any(array(select id from affected))
    {children}
)
select array_agg(id)::text from settled
""".replace("{children}", "".join(_CHILD.format(name=name) for name in _CHILDREN))
_SPREAD: Final = """
with gone as (
    select c.id, survivor($1, c.merged_into) as survivor from unnest($2::text::uuid[]) as p (id)
    join consumers c on c.subscriber_id = $1 and c.id = p.id and c.merged_into is not null
), told as (
    insert into source_optouts (subscriber_id, optout_id, person_id, address_key, location_id, batch_id, occurred_at)
    select $1, encode(substring(sha256(convert_to(concat_ws('/', o.optout_id, gone.survivor), 'UTF8')) for 16), 'hex')::uuid,
        gone.survivor, coalesce(s.address_key, o.address_key), o.location_id, $3, o.occurred_at
    from gone join source_optouts o on o.subscriber_id = $1 and o.person_id = gone.id
    left join consumers s on s.subscriber_id = $1 and s.id = gone.survivor
    on conflict do nothing returning person_id
), held as (
    update consumers c set optout_pending = true
    where c.subscriber_id = $1 and c.id = any(array(select person_id from told)) and not c.optout_pending returning c.id
), noted as (
    insert into changes (subscriber_id, kind, key) select $1, 'consumer', id from held
)
select count(*) from told
"""


async def settle_merges(connection: RawConnection, *, subscriber_id: UUID, people: str) -> str | None:
    """Bring people (a PostgreSQL array as text) to what the merges on file say of them; return those whose state changed, or None."""
    settled: str | None = await connection.fetchval(_SETTLE, subscriber_id, people)
    return settled


async def spread_optouts(connection: RawConnection, *, subscriber_id: UUID, people: str, batch_id: UUID) -> int:
    """Give the opt-outs of merged people to the survivors, held until optout has them on file; return how many are new."""
    spread: int = await connection.fetchval(_SPREAD, subscriber_id, people, batch_id)
    return spread
