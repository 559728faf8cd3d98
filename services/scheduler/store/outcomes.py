"""Outcomes of the mailer applied to touches and messages, a page in two statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schemas.mailer import Complaint


@dataclass(frozen=True, slots=True)
class TouchOutcome:
    """What became of one touch."""

    subscriber_id: UUID
    message_id: UUID
    touch_id: UUID
    state: str
    reason: str | None
    at: datetime


# A touch moves on from `dispatched` by its own message only, from `uncertain` to what turned out, from `sent` to a late bounce, from `failed` and
# `bounced` back to planning when a person wants it sent again; anything else is a repeat after a feed restart and changes nothing.
# `recheck`, and `cancelled` by our own withdrawal, put it back for planning to judge.
# Our own withdrawal too: `cancelled` for a message we have only `grouped`. It is taken back before it changes, the feed may be faster than the note.
# A touch that the mailer would not take because another message carries it (`touch_taken`) was sent if that message was.
_TOUCHES: Final = text("""
with page as (
    select * from unnest(
        cast(:subscribers as uuid[]), cast(:messages as uuid[]), cast(:touches as uuid[]), cast(:states as text[]), cast(:reasons as text[]),
        cast(:ats as timestamptz[])
    ) as p (subscriber_id, message_id, touch_id, state, reason, at)
), before as materialized (
    select p.*, t.withdraw_reason, t.tries, t.state = 'uncertain' and p.state = 'deferred' as is_back_under_way,
        p.state = 'recheck' or (p.state = 'cancelled' and exists (
            select from touches s
            where s.subscriber_id = p.subscriber_id and s.message_id = p.message_id and s.withdraw_reason is not null
            union all
            select from messages m
            where m.subscriber_id = p.subscriber_id and m.message_id = p.message_id and m.state = 'grouped')) as goes_back
    from page p
    cross join lateral (select * from touches i where i.subscriber_id = p.subscriber_id and i.touch_id = p.touch_id offset 0) t
    where (t.message_id = p.message_id and (
            t.state = 'dispatched'
            or (t.state = 'uncertain' and p.state <> 'uncertain')
            or (t.state = 'sent' and p.state = 'bounced')
            or (t.state in ('failed', 'bounced') and p.state = 'recheck')))
        or (t.state = 'held' and t.reason = 'touch_taken' and p.state in ('sent', 'bounced', 'uncertain'))
), changed as (
    update touches t set
        state = case when b.goes_back then 'held' when b.state = 'deferred' then 'dispatched' else b.state end,
        reason = case
            when b.goes_back and b.withdraw_reason is not null then 'withdrawn'
            when b.goes_back and b.reason = 'cancelled' then 'regrouped'
            when b.goes_back then coalesce(b.reason, 'withdrawn')
            else b.reason
        end,
        message_id = case when b.goes_back then null else b.message_id end,
        withdraw_reason = case when b.state = 'deferred' then t.withdraw_reason end,
        tries = case when b.goes_back then least(b.tries + 1, 20) else b.tries end,
        next_at = case
            when not b.goes_back then t.next_at
            when b.withdraw_reason is not null or b.reason = 'cancelled' then least(b.at, t.useful_until)
            else least(cast(:now as timestamptz) + make_interval(mins => least(60, power(2, least(b.tries, 6))::integer)), t.useful_until)
        end,
        final_at = case when b.goes_back or b.state = 'deferred' then null else b.at end
    from before b
    where t.subscriber_id = b.subscriber_id and t.touch_id = b.touch_id
    returning t.subscriber_id, t.touch_id, t.state, t.reason, t.due_at, t.rule_version, b.message_id,
        b.is_back_under_way or (b.goes_back and b.withdraw_reason is not null) as needs_planning
), noted as (
    insert into decisions (subscriber_id, touch_id, decided_at, state, reason, due_at, rule_version, message_id)
    select subscriber_id, touch_id, :now, state, reason, due_at, rule_version, message_id from changed
)
select subscriber_id, touch_id from changed where needs_planning
""")
# A message that came to nothing gives its day back to the address; what was sent, or may have been, keeps it.
_MESSAGES: Final = text("""
update messages m set
    state = case when p.state in ('sent', 'bounced', 'uncertain') then 'ended' when p.state = 'deferred' then 'submitted' else 'void' end,
    outcome = p.state, ended_at = case when p.state <> 'deferred' then p.at end, lease_until = null
from unnest(
    cast(:subscribers as uuid[]), cast(:messages as uuid[]), cast(:states as text[]), cast(:ats as timestamptz[])
) as p (subscriber_id, message_id, state, at)
where m.subscriber_id = p.subscriber_id and m.message_id = p.message_id and m.outcome is distinct from p.state
    and (m.outcome is null or m.outcome in ('uncertain', 'sent', 'deferred') or (p.state = 'recheck' and m.outcome in ('failed', 'bounced')))
""")


_COMPLAINTS: Final = text("""
update messages m set complained_at = p.at
from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[]), cast(:ats as timestamptz[])) as p (subscriber_id, message_id, at)
where m.subscriber_id = p.subscriber_id and m.message_id = p.message_id and m.complained_at is null
""")


async def keep_complaints(connection: AsyncConnection, complaints: Sequence[tuple[UUID, Complaint]]) -> None:
    """Note which messages were complained about, by subscriber; a later complaint changes nothing."""
    await connection.execute(
        _COMPLAINTS,
        {
            "subscribers": [subscriber_id for subscriber_id, _ in complaints],
            "messages": [complaint.message_id for _, complaint in complaints],
            "ats": [complaint.at for _, complaint in complaints],
        },
    )


async def keep_outcomes(
    connection: AsyncConnection, outcomes: Sequence[TouchOutcome], *, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Apply one outcome a touch; return the touches to plan anew.

    Those came back because we had withdrawn them, or are under way again after nobody knew, and may be unwanted by now.
    """
    rows = await connection.execute(
        _TOUCHES,
        {
            "subscribers": [row.subscriber_id for row in outcomes],
            "messages": [row.message_id for row in outcomes],
            "touches": [row.touch_id for row in outcomes],
            "states": [row.state for row in outcomes],
            "reasons": [row.reason for row in outcomes],
            "ats": [row.at for row in outcomes],
            "now": now,
        },
    )
    unplanned = [(row.subscriber_id, row.touch_id) for row in rows]
    messages = {(row.subscriber_id, row.message_id): row for row in outcomes}
    await connection.execute(
        _MESSAGES,
        {
            "subscribers": [key[0] for key in messages],
            "messages": [key[1] for key in messages],
            "states": [row.state for row in messages.values()],
            "ats": [row.at for row in messages.values()],
        },
    )
    return unplanned
