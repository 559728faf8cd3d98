"""Keeps how a survey was answered, in the place of an earlier answer to the same mail."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.scheduler.actions.show_survey import show_survey
from services.scheduler.domain.survey import SurveyView, read_survey
from services.scheduler.store.surveys import find_survey, keep_survey
from shared.kit.crypto import DataKeys
from shared.kit.db import Database


async def keep_survey_answer(
    database: Database,
    *,
    keys: DataKeys,
    subscriber_id: UUID,
    message_id: UUID,
    form: Mapping[str, str],
    now: datetime,
) -> SurveyView | None:
    """Return how it stands afterwards; None where show_survey has nothing to show. Raises ScoreMissingError or CommentTooLongError."""
    given = read_survey(form)
    asked = {"subscriber_id": subscriber_id, "message_id": message_id}
    cipher = await keys.of(database, subscriber_id)
    async with database.transaction(subscriber_id) as connection:
        mail = await find_survey(connection, **asked)
        if mail is None:
            return None
        await keep_survey(connection, mail, **asked, score=given.score, comment=given.comment, cipher=cipher, now=now)
        return await show_survey(connection, **asked)
