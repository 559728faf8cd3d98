"""Lists weeks that look quiet, each with the campaign that is proposed for it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.proposals import CAMPAIGN_TYPE, propose
from services.scheduler.domain.slow_weeks import explain_week
from services.scheduler.store.slow_weeks import read_slow_weeks
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.scheduler import CampaignInput
from shared.schemas.slow_weeks import SlowWeek
from shared.schemas.wire import Page


async def list_slow_weeks(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    locations: Sequence[UUID] | None,
    after: str | None,
    limit: int,
    now: datetime,
) -> Page[SlowWeek]:
    """Return a page in the order they were noticed; `locations` None: of all. Raises CursorRefusedError."""
    found = await read_slow_weeks(
        connection,
        subscriber_id=subscriber_id,
        locations=locations,
        campaign_type=CAMPAIGN_TYPE,
        after=read_time_cursor(after),
        limit=limit + 1,
        now=now,
    )
    return time_page([_shown(row) for row in found], limit, lambda last: (last.noticed_at, last.location_id))


def _shown(row: Any) -> SlowWeek:
    settings = propose(row.last, vertical=row.vertical, language=row.language or "en", send_on=row.send_on)
    return SlowWeek(
        location_id=row.location_id,
        week_on=row.week_on,
        booked=row.booked,
        usual=round(row.usual, 1),
        basis=row.basis,
        compared_weeks=row.compared_weeks,
        noticed_at=row.noticed_at,
        measured_at=row.measured_at,
        explanation=explain_week(row.booked, row.usual, row.basis, row.compared_weeks),
        proposal=CampaignInput(location_id=row.location_id, type=CAMPAIGN_TYPE, settings=settings, draft=True),
    )
