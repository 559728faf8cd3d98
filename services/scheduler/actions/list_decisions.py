"""Lists what was decided about a person on a day, or in a span of days: sent, held, skipped, moved, merged, each with its rule and record."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.decisions import explain_decision
from services.scheduler.store.decisions import DaySpan, read_decisions
from services.scheduler.store.reading import read_person
from shared.kit.errors import NotFoundError
from shared.schemas.decisions import Decision


async def list_decisions(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    locations: Sequence[UUID] | None,
    span: DaySpan,
    types: Mapping[str, CampaignType],
    after: int,
    limit: int,
) -> tuple[list[Decision], int | None]:
    """Return up to `limit` decisions and the number to go on behind, None at the end; NotFoundError for a person unknown or outside `locations`."""
    person = await read_person(connection, subscriber_id=subscriber_id, consumer_id=consumer_id)
    if person is None or (locations is not None and person.location_id not in locations):
        raise NotFoundError
    rows = await read_decisions(
        connection,
        subscriber_id=subscriber_id,
        consumer_id=consumer_id,
        locations=locations,
        span=span,
        after=after,
        limit=limit + 1,
    )
    told = [explain_decision(row, types.get(row.campaign_type)) for _, row in rows[:limit]]
    return told, rows[limit - 1][0] if len(rows) > limit else None
