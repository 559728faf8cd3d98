"""Keeps that people asked for another time than a mail announced, for the front desk, and has their mail planned anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.answering import Day
from services.scheduler.store.answers import keep_time_requests
from services.scheduler.store.replans import mark_people


async def ask_another_time(
    connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID, days: Sequence[Day], now: datetime
) -> None:
    """Keep a request for each appointment of these days that stands as announced; the appointment itself stays until the source changes it."""
    appointments = [appointment for day in days for appointment in day.appointments]
    await keep_time_requests(connection, appointments, subscriber_id=subscriber_id, message_id=message_id, now=now)
    await mark_people(connection, [(subscriber_id, day.consumer_id) for day in days])
