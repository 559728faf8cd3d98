"""What the mailer holds about an address, table by table, for a report to the person (a worker's view)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schemas.mailer import PLATFORM_SENDER
from shared.schemas.personal_data import MOST_RECORDS

_MINE: Final = "(cast(:s as uuid) is null or subscriber_id in (:s, :platform))"
_KEYS: Final = "address_key = any(cast(:keys as text[]))"
_WRITTEN: Final = f"""
select subscriber_id, message_id from message_touches where {_KEYS} and {_MINE}
union select subscriber_id, message_id from messages where {_KEYS} and touch_ids = '{{}}' and {_MINE}
"""  # noqa: S608 - constants
HOLDINGS: Final[Mapping[str, str]] = {
    "messages": f"""
select m.subscriber_id, m.message_id, m.location_id, m.origin, m.message_class, m.state, m.reason, m.attempts, m.accepted_at, m.due_at, m.final_at,
    case when m.sealed is not null then '/v1/messages/' || m.message_id || '/content' end as content_as_sent
from messages m join ({_WRITTEN}) w using (subscriber_id, message_id) order by m.accepted_at desc""",  # noqa: S608 - constants
    "attempts": f"""
select a.subscriber_id, a.message_id, a.started_at, a.finished_at, a.reply_code, a.enhanced_code, a.outcome, a.reason
from attempts a join ({_WRITTEN}) w using (subscriber_id, message_id) order by a.started_at desc""",  # noqa: S608 - constants
    "content_views": f"""
select v.subscriber_id, v.message_id, v.viewed_by, v.viewed_at from content_views v join ({_WRITTEN}) w using (subscriber_id, message_id)
order by v.viewed_at desc""",  # noqa: S608 - constants
    "reports": f"""
select subscriber_id, message_id, kind, blame, status, reason, reported_at from reports
where {_KEYS} and {_MINE} order by reported_at desc""",  # noqa: S608 - constants
    "unreachable": f"select subscriber_id, reason, since_at, ends_at, cleared_at from unreachable where {_KEYS} and {_MINE}",  # noqa: S608
    "suppressions": f"""
select subscriber_id, location_id, suppression_class from suppressions
where {_KEYS} and (cast(:s as uuid) is null or subscriber_id is null or subscriber_id = :s)""",  # noqa: S608 - constants
}


async def read_holding(
    connection: AsyncConnection, table: str, *, subscriber_id: UUID | None, address_keys: list[str]
) -> list[dict[str, Any]]:
    """Return at most one row more than are shown; a business's with the mails of our own to that address."""
    values = {"s": subscriber_id, "keys": address_keys, "platform": PLATFORM_SENDER, "limit": MOST_RECORDS + 1}
    statement = text(f"select * from ({HOLDINGS[table]}) h limit :limit")  # noqa: S608 - constants
    return [dict(row) for row in (await connection.execute(statement, values)).mappings()]
