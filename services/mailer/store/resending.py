"""Giving failed messages back to the scheduler."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_RECHECK: Final = text("""
with moved as (
    update messages m set state = 'recheck', reason = 'resend', final_at = cast(:now as timestamptz)
    where m.subscriber_id = :s and m.campaign_id = :campaign and m.useful_until > :now
      and (m.state = 'failed' or (m.state = 'bounced' and m.reason = any (cast(:reasons as text[]))))
    returning m.subscriber_id, m.message_id, m.touch_ids, m.state, m.reason, m.final_at),
freed as (
    update message_touches t set live = false from moved
    where t.subscriber_id = moved.subscriber_id and t.message_id = moved.message_id and t.live),
told as (
    insert into changes (subscriber_id, kind, key, body)
    select subscriber_id, 'outcome', message_id, jsonb_build_object(
        'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at) from moved)
select count(*) from moved
""")


async def move_failed_to_recheck(
    connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID, reasons: Sequence[str], now: datetime
) -> int:
    """Move what failed, and what bounced for one of `reasons`, to `recheck` within the subscriber's context; return how many."""
    values = {"s": subscriber_id, "campaign": campaign_id, "reasons": list(reasons), "now": now}
    return int(await connection.scalar(_RECHECK, values) or 0)
