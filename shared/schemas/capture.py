"""Ingest's wire: how many people a location can write to, and today's visitors whom the front desk may ask for an address."""

from uuid import UUID

from pydantic import Field

from shared.schemas.records import ConsumerCard
from shared.schemas.wire import Instant, Wire


class Capture(Wire):
    """Of one location's active people: a minor counts as captured with the guardian's address."""

    location_id: UUID
    people: int
    captured: int
    rate: float | None = Field(description="captured of people, 0 to 1; null without people")
    problems: dict[str, int] = Field(description="people without a usable address by reason code")


class Captures(Wire):
    """All locations that the caller covers."""

    items: list[Capture]


class Visitor(Wire):
    """Somebody who is expected or was here, with no usable address; a minor's guardian has none either."""

    appointment_id: UUID
    starts_at: Instant
    consumer: ConsumerCard


class Visitors(Wire):
    """By time of the appointment, at most 500."""

    items: list[Visitor]
