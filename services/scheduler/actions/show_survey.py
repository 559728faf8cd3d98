"""Shows what a survey's mail asks about and how it was answered so far, for the page behind its link."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.survey import SurveyView
from services.scheduler.store.locations import read_locations
from services.scheduler.store.surveys import find_survey


async def show_survey(connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID) -> SurveyView | None:
    """Return it; None for a message that is none of ours, or whose people were erased."""
    mail = await find_survey(connection, subscriber_id=subscriber_id, message_id=message_id)
    if mail is None:
        return None
    location = (await read_locations(connection, [mail.location_id])).get(mail.location_id)
    return SurveyView(location, mail.visited_on, mail.score, mail.has_comment) if location is not None else None
