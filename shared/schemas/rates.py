"""Scheduler's wire of rates: shares that an owner opens, and the records behind them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Slug, Wire

Cents = Annotated[int | None, Field(description="null where these records have no amounts")]


class Rate(Wire):
    """A share: which records it takes, how many there are, how many count; `rate` is null where there are none."""

    name: Slug
    formula: str
    records: int
    counted: int
    rate: float | None
    cents: Cents
    counted_cents: Cents


class RatedRecord(Wire):
    """A record behind a rate: an appointment, a touch, a due date, a service line or a person, by the rate; its person, its time and its amount."""

    record_id: UUID
    consumer_id: UUID
    at: Instant
    is_counted: bool
    cents: Cents
