"""What the scheduler holds about people, table by table, for a report to them: ids, dates and reasons, no names (a worker's view)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schemas.personal_data import MOST_RECORDS

_MINE: Final = "subscriber_id = :s and consumer_id = any(cast(:ids as uuid[]))"
_TOUCHED: Final = f"select touch_id from touches where {_MINE}"  # noqa: S608 - a constant
HOLDINGS: Final[Mapping[str, str]] = {
    "consumers": f"select * from consumers where {_MINE}",  # noqa: S608 - a constant
    "appointments": f"select * from appointments where {_MINE}",  # noqa: S608 - a constant
    "visits": f"select * from visits where {_MINE}",  # noqa: S608 - a constant
    **{
        table: f"select * from {table} where {_MINE}"  # noqa: S608 - our own names
        for table in (
            "recares",
            "recare_cycles",
            "vehicles",
            "service_lines",
            "announcements",
            "confirmations",
            "time_requests",
            "campaign_views",
        )
    },
    "survey_answers": """
select subscriber_id, message_id, campaign_id, location_id, score, sealed, answered_at, changed_at from survey_answers
where subscriber_id = :s and consumer_ids && cast(:ids as uuid[])""",
    "relations": """
select * from relations
where subscriber_id = :s and (consumer_id = any(cast(:ids as uuid[])) or related_id = any(cast(:ids as uuid[])))""",
    "odometers": f"""
select * from odometers where subscriber_id = :s and vehicle_id in (select vehicle_id from vehicles where {_MINE})""",  # noqa: S608
    "touches": f"""
select touch_id, campaign_type, location_id, step, cycle, consumer_id, about_at, due_at, useful_until, state, reason, message_id, final_at,
    arm, variant
from touches where {_MINE} order by due_at desc""",  # noqa: S608 - a constant
    "decisions": f"""
select touch_id, decided_at, state, reason, due_at, message_id from decisions
where subscriber_id = :s and touch_id in ({_TOUCHED}) order by decision_id desc""",  # noqa: S608 - a constant
    "messages": f"""
select message_id, campaign_id, location_id, kind, local_day, state, outcome, grouped_at, submitted_at, ended_at from messages
where subscriber_id = :s and message_id in (select message_id from touches where {_MINE})""",  # noqa: S608 - a constant
}


async def read_holding(
    connection: AsyncConnection, table: str, *, subscriber_id: UUID, ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """Return at most one row more than are shown."""
    values = {"s": subscriber_id, "ids": list(ids), "limit": MOST_RECORDS + 1}
    statement = text(f"select * from ({HOLDINGS[table]}) h limit :limit")  # noqa: S608 - constants
    return [dict(row) for row in (await connection.execute(statement, values)).mappings()]
