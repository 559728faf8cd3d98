"""Lists how surveys were answered, comments opened, for the business they are meant for."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.surveys import read_surveys
from shared.kit.crypto import DataKeys
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.answers import SurveyAnswer
from shared.schemas.wire import Page


async def list_survey_answers(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    campaign_id: UUID | None,
    locations: Sequence[UUID] | None,
    keys: DataKeys,
    after: str | None,
    limit: int,
) -> Page[SurveyAnswer]:
    """Return a page in the order they were first given; None: of all campaigns, of all locations. Raises CursorRefusedError."""
    rows = await read_surveys(
        connection,
        keys=keys,
        after=read_time_cursor(after),
        limit=limit + 1,
        subscriber_id=subscriber_id,
        campaign_id=campaign_id,
        locations=locations,
    )
    found = [SurveyAnswer.model_validate(row) for row in rows]
    return time_page(found, limit, lambda last: (last.answered_at, last.message_id))
