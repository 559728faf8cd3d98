"""Claiming messages for delivery, keeping the claim alive, and finding what a dead worker left behind."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from shared.kit.db import RawConnection
from shared.schemas.mailer import Origin
from shared.schemas.topics import Topic

LEASE_SECONDS: Final = 20.0
NOBODY: Final = UUID(int=0)
_MOST_SUBSCRIBERS: Final = 50
"""Subscribers one claim is shared among; the next claim goes on behind the last of them."""

_CLAIM: Final = """
select subscriber_id, message_id, location_id, content_id, message_class, person_ids, address_key, sealed, attempts, useful_until, recheck_after,
    accepted_at, claim_id, pace_key, topic, origin
from claim_due($1, $2, $3, $4, $5)
"""
_OPEN: Final = """
insert into claims (claim_id, worker_id, lease_until, subscriber_ids, message_ids)
values ($1, $2, clock_timestamp() + make_interval(secs => $3), $4, $5)
"""
_EXTEND: Final = """
update claims set lease_until = clock_timestamp() + make_interval(secs => $3)
where worker_id = $1 and claim_id = any ($2::uuid[]) and lease_until > clock_timestamp()
"""
_CLOSE: Final = """
delete from claims c where worker_id = $1
    and not exists (
        select from unnest(c.subscriber_ids, c.message_ids) as k (subscriber_id, message_id)
        join messages m on m.subscriber_id = k.subscriber_id and m.message_id = k.message_id
        where m.claim_id = c.claim_id and m.state in ('claimed', 'handing_over'))
returning claim_id
"""
_ABANDON: Final = "update claims set lease_until = '-infinity' where worker_id = $1"
# A message found in handing_over whose worker is dead is uncertain, never resent (architecture 4); it keeps its claim_id, so that the same attempt's
# definite reply, found in the worker's journal, may still settle it. Everything else of a dead claim waits again at once.
_REPAIR: Final = """
with dead as (
    select claim_id, subscriber_ids, message_ids from claims where lease_until < clock_timestamp() limit 20 for update skip locked),
held as (select d.claim_id, k.* from dead d cross join unnest(d.subscriber_ids, d.message_ids) as k (subscriber_id, message_id)),
moved as (
    update messages m set
        state = case m.state when 'handing_over' then 'uncertain' else 'accepted' end,
        reason = case m.state when 'handing_over' then 'worker_died' else m.reason end,
        final_at = case m.state when 'handing_over' then $1::timestamptz end,
        claim_id = case m.state when 'handing_over' then m.claim_id end
    from held h where m.subscriber_id = h.subscriber_id and m.message_id = h.message_id and m.claim_id = h.claim_id
      and m.state in ('claimed', 'handing_over')
    returning m.subscriber_id, m.message_id, m.touch_ids, m.state, m.reason, m.final_at),
told as (
    insert into changes (subscriber_id, kind, key, body)
    select subscriber_id, 'outcome', message_id, jsonb_build_object(
        'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at)
    from moved where state = 'uncertain'),
gone as (delete from claims c using dead where c.claim_id = dead.claim_id)
select count(*) filter (where state = 'uncertain') as uncertain, count(*) filter (where state = 'accepted') as put_back from moved
"""


class ClaimedMessage(NamedTuple):
    """A message in this worker's hands; `sealed` holds address and fields, encrypted for its row."""

    subscriber_id: UUID
    message_id: UUID
    location_id: UUID
    content_id: UUID
    message_class: str
    person_ids: list[UUID]
    address_key: str
    sealed: bytes
    attempts: int
    useful_until: datetime
    recheck_after: datetime
    accepted_at: datetime
    claim_id: UUID
    pace_key: str = ""
    topic: Topic | None = None
    origin: Origin = "campaign"


async def claim_messages(
    connection: RawConnection, *, worker_id: UUID, claim_id: UUID, limit: int, now: datetime, after: UUID = NOBODY
) -> list[ClaimedMessage]:
    """Claim due messages under a fresh claim_id with a lease from the database's clock. Retry-safe: an unseen claim runs out.

    When more is due than `limit`, the subscribers behind `after` get equal shares of it, and their campaigns take turns: a small practice's
    reminder never waits behind a chain's newsletter (reliability.md 5, fairness).
    """
    async with connection.transaction():
        rows = await connection.fetch(_CLAIM, now, after, limit, _MOST_SUBSCRIBERS, claim_id)
        messages = [ClaimedMessage(*row) for row in rows]
        if messages:
            holding = ([message.subscriber_id for message in messages], [message.message_id for message in messages])
            await connection.execute(_OPEN, claim_id, worker_id, LEASE_SECONDS, *holding)
    return messages


def find_last_served(after: UUID, messages: Sequence[ClaimedMessage]) -> UUID:
    """Return where the ring of subscribers stands after a claim that began behind `after`."""
    return max((message.subscriber_id for message in messages), key=lambda one: (one <= after, one), default=NOBODY)


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
