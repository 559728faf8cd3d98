"""Keeps what was answered on the page of a mail: each person's own answer, all of them in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.scheduler.actions.ask_another_time import ask_another_time
from services.scheduler.actions.confirm_appointments import confirm_appointments
from services.scheduler.actions.show_announced import show_announced
from services.scheduler.domain.answering import MailDays, NothingAnsweredError, read_answers
from shared.kit.bell import ring
from shared.kit.db import Database


async def keep_answers(
    database: Database, *, subscriber_id: UUID, message_id: UUID, form: Mapping[str, str], now: datetime
) -> MailDays | None:
    """Return how everything stands afterwards; None where show_announced has nothing to show.

    An answer for what takes none any more is passed over: the page says how it stands (N-57). Raises NothingAnsweredError.
    """
    mail = {"subscriber_id": subscriber_id, "message_id": message_id}
    async with database.transaction(subscriber_id) as connection:
        shown = await show_announced(connection, **mail, now=now)
        if shown is None:
            return None
        answers = read_answers(form, shown.days)
        if not answers and any(day.is_answerable for day in shown.days):
            raise NothingAnsweredError
        answered = [day for day in shown.days if day.is_answerable]
        confirmed = [day for day in answered if answers.get(day.consumer_id) == "confirm"]
        asked_anew = [day for day in answered if answers.get(day.consumer_id) == "another_time"]
        if confirmed:
            await confirm_appointments(connection, **mail, days=confirmed, now=now)
        if asked_anew:
            await ask_another_time(connection, **mail, days=asked_anew, now=now)
        after = await show_announced(connection, **mail, now=now)
    ring()
    return after
