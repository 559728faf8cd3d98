"""What left in a year: the scheduler's touches and messages that a relay took over, read from its database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

_TOUCHES = """
select t.campaign_type, t.step, t.consumer_id, t.about_at, t.final_at, t.final_at at time zone t.zone as local, t.message_id
from touches t where t.subscriber_id = $1 and t.state = 'sent'
"""
_MESSAGES = """
select address_key, local_day, counts, commercial from messages where subscriber_id = $1 and outcome = 'sent'
"""
_OPEN = "select count(*) from messages where subscriber_id = $1 and ended_at is null"
_REASONS = """
select coalesce(reason, 'still ' || state) as reason, count(*) as n from touches
where subscriber_id = $1 and state <> 'sent' group by 1 order by 2 desc
"""
_WAITED = """
select count(distinct touch_id) from decisions where subscriber_id = $1 and reason in ('moved_calendar_full', 'calendar_full')
"""
_TOLD = """
select distinct consumer_id from touches where subscriber_id = $1 and state = 'sent' and campaign_type = any($2::text[]) and final_at > $3
"""


@dataclass(frozen=True)
class SentTouch:
    """One person told one thing. `local`: when, by the business's clock."""

    campaign_type: str
    step: str
    consumer_id: UUID
    about_at: datetime
    sent_at: datetime
    local: datetime
    message_id: UUID


@dataclass(frozen=True)
class SentMessage:
    """One mail to one address; `counts`: it takes the day's place in the contact budget."""

    address_key: str
    local_day: date
    counts: bool
    commercial: bool


@dataclass(frozen=True)
class Sent:
    """All of a business; `reasons`: why other touches were not sent; `still_open`: messages without an end; `waited`: touches without room yet."""

    touches: list[SentTouch]
    messages: list[SentMessage]
    reasons: dict[str, int]
    still_open: int
    waited: int


async def read_sent(database_url: str, subscriber_id: UUID) -> Sent:
    """Read it all."""
    connection = await asyncpg.connect(database_url)
    try:
        return Sent(
            [SentTouch(*row) for row in await connection.fetch(_TOUCHES, subscriber_id)],
            [SentMessage(*row) for row in await connection.fetch(_MESSAGES, subscriber_id)],
            {row["reason"]: row["n"] for row in await connection.fetch(_REASONS, subscriber_id)},
            await connection.fetchval(_OPEN, subscriber_id),
            await connection.fetchval(_WAITED, subscriber_id),
        )
    finally:
        await connection.close()


async def read_told(database_url: str, subscriber_id: UUID, types: Sequence[str], *, since: datetime) -> list[UUID]:
    """Return who was sent mail of these types since then."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(_TOLD, subscriber_id, list(types), since)
        return [row["consumer_id"] for row in rows]
    finally:
        await connection.close()
