"""How a header-from domain stands with its complaints."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.complaint_rate import LOOK_BACK, judge_state, release_not_before
from services.mailer.store.complaints import find_last_pause, read_days
from shared.kit.db import set_subscriber
from shared.schemas.sender_domains import ComplaintDay, ComplaintStatus


async def show_complaints(
    connection: AsyncConnection, *, subscriber_id: UUID, domain: str, now: datetime
) -> ComplaintStatus:
    """Return the counts of the last fourteen days with the state they make; a domain never sent from is good and has no days."""
    await set_subscriber(connection, subscriber_id)
    domain, today = domain.lower(), now.date()
    days = await read_days(connection, subscriber_id, domain, since=today - 2 * LOOK_BACK)
    last = await find_last_pause(connection, subscriber_id, domain)
    paused = last if last is not None and last.released_at is None else None
    return ComplaintStatus(
        domain=domain,
        state=judge_state(days, today=today, is_paused=paused is not None),
        paused_at=paused.paused_at if paused else None,
        release_not_before=release_not_before(days, paused) if paused else None,
        days=[ComplaintDay(day=day.day, sent=day.sent, complaints=day.complaints, rate=day.rate) for day in days],
    )
