"""Keeps what people confirmed of a mail's appointments, tells ingest, and has their mail planned anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.answering import Day
from services.scheduler.store.answers import keep_confirmations
from services.scheduler.store.replans import mark_people
from shared.kit.outbox import put_outbox
from shared.schemas.write_backs import ConfirmationsInput

_AT_ONCE: Final = 500


async def confirm_appointments(
    connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID, days: Sequence[Day], now: datetime
) -> None:
    """Confirm the appointments of these days at their announced start; what has moved since is not among them (N-55, N-57).

    Ingest hears of each once, for the practice system (S-122); a request for another time is taken back.
    """
    appointments = [appointment for day in days for appointment in day.appointments]
    new = await keep_confirmations(
        connection, appointments, subscriber_id=subscriber_id, message_id=message_id, now=now
    )
    for start in range(0, len(new), _AT_ONCE):
        body = ConfirmationsInput(subscriber_id=subscriber_id, confirmations=new[start : start + _AT_ONCE])
        await put_outbox(connection, destination="ingest", method="POST", path="/v1/confirmations", body=body)
    await mark_people(connection, [(subscriber_id, day.consumer_id) for day in days])
