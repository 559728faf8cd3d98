"""Shows what a mail announced and how it stands now, for the page behind its link."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.answering import MailDays, group_days
from services.scheduler.store.announcements import find_place, read_announced
from services.scheduler.store.locations import read_locations


async def show_announced(
    connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID, now: datetime
) -> MailDays | None:
    """Return the days that a message announced, without names; None for one that announced nothing, or to nobody who is still known."""
    place = await find_place(connection, subscriber_id=subscriber_id, message_id=message_id)
    if place is None:
        return None
    location = (await read_locations(connection, [place])).get(place)
    announced = await read_announced(connection, subscriber_id=subscriber_id, message_id=message_id)
    return MailDays(location, group_days(announced, now=now)) if location is not None and announced else None
