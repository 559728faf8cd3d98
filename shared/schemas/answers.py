"""Scheduler's wire: what people answered to their mail."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Wire

TimeRequestState = Literal["open", "settled"]
"""`open` waits for the front desk; `settled` by the appointment itself: moved, cancelled, over, or confirmed in the source since."""


class TimeRequest(Wire):
    """A person asked for another time for one appointment, by the page behind a mail. Who confirms it after all takes the request back."""

    appointment_id: UUID
    starts_at: Instant = Field(description="the start that was announced and does not suit")
    consumer_id: UUID
    location_id: UUID
    asked_at: Instant
    confirmed_at: Instant | None = Field(
        description="when the person had confirmed it before: the practice system may still show it as confirmed"
    )
    state: TimeRequestState
