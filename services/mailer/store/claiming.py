"""Claiming messages for delivery, keeping the claim alive, and finding what a dead worker left behind."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.kit.db import RawConnection

LEASE_SECONDS: Final = 20.0

_CLAIM: Final = """
with due as (
    select subscriber_id, message_id from messages m
    where state in ('accepted', 'deferred') and next_at <= $1
      and not exists (select from stops t where (t.scope, t.id) in
        (('all', 'all'), ('subscriber', m.subscriber_id::text), ('campaign', coalesce(m.campaign_id::text, '-')))
        or (m.message_class = 'commercial' and t.scope in ('commercial', 'complaints') and t.id = m.subscriber_id::text))
    order by next_at, message_id limit $2 for update skip locked)
update messages m set state = 'claimed', claim_id = $3 from due
where m.subscriber_id = due.subscriber_id and m.message_id = due.message_id
returning m.subscriber_id, m.message_id, m.location_id, m.content_id, m.message_class, m.touch_ids, m.person_ids, m.address_key, m.sealed,
    m.attempts, m.useful_until, m.recheck_after, m.accepted_at, m.claim_id
"""
_OPEN: Final = "insert into claims values ($1, $2, clock_timestamp() + make_interval(secs => $3))"
_EXTEND: Final = """
update claims set lease_until = clock_timestamp() + make_interval(secs => $3)
where worker_id = $1 and claim_id = any ($2::uuid[]) and lease_until > clock_timestamp()
"""
_CLOSE: Final = """
delete from claims c where worker_id = $1
    and not exists (select from messages m where m.claim_id = c.claim_id and m.state in ('claimed', 'handing_over'))
returning claim_id
"""
_ABANDON: Final = "update claims set lease_until = '-infinity' where worker_id = $1"
# A message found in handing_over whose worker is dead is uncertain, never resent (architecture 4); it keeps its claim_id, so that the same attempt's
# definite reply, found in the worker's journal, may still settle it. Everything else of a dead claim waits again at once.
_REPAIR: Final = """
with dead as (
    select claim_id from claims where lease_until < clock_timestamp() limit 100 for update skip locked),
moved as (
    update messages m set
        state = case m.state when 'handing_over' then 'uncertain' else 'accepted' end,
        reason = case m.state when 'handing_over' then 'worker_died' else m.reason end,
        final_at = case m.state when 'handing_over' then $1::timestamptz end,
        claim_id = case m.state when 'handing_over' then m.claim_id end
    from dead where m.claim_id = dead.claim_id and m.state in ('claimed', 'handing_over')
    returning m.subscriber_id, m.message_id, m.touch_ids, m.state, m.reason, m.final_at),
told as (
    insert into changes (subscriber_id, kind, key, body)
    select subscriber_id, 'outcome', message_id, jsonb_build_object(
        'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at)
    from moved where state = 'uncertain'),
gone as (delete from claims c using dead where c.claim_id = dead.claim_id)
select count(*) filter (where state = 'uncertain') as uncertain, count(*) filter (where state = 'accepted') as put_back from moved
"""


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message in this worker's hands; `sealed` holds address and fields, encrypted for its row."""

    subscriber_id: UUID
    message_id: UUID
    location_id: UUID
    content_id: UUID
    message_class: str
    touch_ids: list[UUID]
    person_ids: list[UUID]
    address_key: str
    sealed: bytes
    attempts: int
    useful_until: datetime
    recheck_after: datetime
    accepted_at: datetime
    claim_id: UUID


async def claim_messages(
    connection: RawConnection, *, worker_id: UUID, claim_id: UUID, limit: int, now: datetime
) -> list[ClaimedMessage]:
    """Claim due messages under a fresh claim_id with a lease from the database's clock. Retry-safe: an unseen claim runs out."""
    async with connection.transaction():
        rows = await connection.fetch(_CLAIM, now, limit, claim_id)
        if rows:
            await connection.execute(_OPEN, claim_id, worker_id, LEASE_SECONDS)
    return [ClaimedMessage(*row) for row in rows]


async def extend_claims(connection: RawConnection, *, worker_id: UUID, known: Collection[UUID]) -> set[UUID]:
    """Keep the claims that this worker knows of alive, drop those that hold no message any more and return the dropped.

    A claim whose answer never reached the worker is not among `known` and runs out; one that ran out is not revived.
    """
    await connection.execute(_EXTEND, worker_id, list(known), LEASE_SECONDS)
    return {row["claim_id"] for row in await connection.fetch(_CLOSE, worker_id)}


async def abandon_claims(connection: RawConnection, worker_id: UUID) -> None:
    """Let a dead worker's claims run out now, so that its messages need not wait for the lease."""
    await connection.execute(_ABANDON, worker_id)


async def repair_claims(connection: RawConnection, *, now: datetime) -> tuple[int, int]:
    """Take back what dead claims held; return how many messages became uncertain and how many wait again."""
    row = await connection.fetchrow(_REPAIR, now)
    return (row["uncertain"], row["put_back"]) if row else (0, 0)
