"""Announces permission to optout: a person with a usable address and an appointment or visit has a business relationship (S-022, S-023).

Once per (person, address, location), set-wise, as commands in the outbox of the transaction that stored the evidence. The commands are made by SQL
in the shape of shared/schemas/optout.py ConsentsInput: thousands of models a chunk would cost more than the merge.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from shared.kit.db import RawConnection

MOST_A_COMMAND: Final = 5000

_ANNOUNCE: Final = """
with people as materialized (
    select c.id, c.location_id, case when c.minor_until > $3 then g.address_key else c.address_key end as address_key
    from unnest($2::text::uuid[]) as p (id)
    cross join lateral (select * from consumers c where c.subscriber_id = $1 and c.id = p.id and not c.deleted offset 0) c
    left join lateral (
        select g.address_key from consumers g
        where g.subscriber_id = $1 and g.id = c.guardian_id and c.minor_until > $3 and not g.deleted
            and g.status not in ('deceased', 'held') and (g.minor_until is null or g.minor_until <= $3) offset 0) g on true
), fresh as (
    select p.* from people p
    left join lateral (
        select true as is_there from consents k
        where k.subscriber_id = $1 and k.person_id = p.id and k.address_key = p.address_key and k.location_id = p.location_id offset 0) k on true
    where p.address_key is not null and k.is_there is null
), proven as (
    select f.*, proof.evidence, least(proof.at, $4) as at from fresh f cross join lateral (
        select 'visit:' || v.id as evidence, v.completed_at as at from visits v
        where v.subscriber_id = $1 and v.consumer_id = f.id and not v.deleted and v.completed_at <= $4
        union all
        select 'appointment:' || a.id, coalesce(a.booked_at, a.source_updated_at) from appointments a
        where a.subscriber_id = $1 and a.consumer_id = f.id and not a.deleted
            and a.status in ('booked', 'confirmed', 'arrived', 'completed', 'cancelled', 'no_show')
        order by 2 desc, 1 limit 1) as proof
), kept as (
    insert into consents (subscriber_id, person_id, address_key, location_id, consent_id, evidence, occurred_at)
    select $1, id, address_key, location_id,
        encode(substring(sha256(convert_to(concat_ws('/', $1, id, address_key, location_id), 'UTF8')) for 16), 'hex')::uuid, evidence, at
    from proven on conflict do nothing
    returning person_id, address_key, location_id, consent_id, evidence, occurred_at
), numbered as (
    select *, (row_number() over () - 1) / {most} as command from kept
), commands as (
    insert into outbox (destination, method, path, body)
    select 'optout', 'POST', '/v1/consents', jsonb_build_object('subscriber_id', $1, 'consents', jsonb_agg(jsonb_build_object(
        'consent_id', consent_id, 'location_id', location_id, 'person_id', person_id, 'address_key', address_key,
        'basis', 'existing_relationship', 'source', 'ingest', 'evidence', evidence, 'occurred_at', occurred_at)))
    from numbered group by command
)
select count(*) from kept
""".replace("{most}", str(MOST_A_COMMAND))


async def announce_consents(connection: RawConnection, *, subscriber_id: UUID, people: str, now: datetime) -> int:
    """Write what is not announced yet for these people (a PostgreSQL array as text); return how many consents."""
    announced: int = await connection.fetchval(_ANNOUNCE, subscriber_id, people, now.date(), now)
    return announced
