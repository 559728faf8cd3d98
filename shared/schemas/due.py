"""Ingest's wire of what falls due: recare dates, vehicles and their odometers, service lines. Feed kinds, without names or addresses."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Line, Slug, Wire

LineState = Literal["recommended", "declined", "approved", "done"]


class RecareFacts(Wire):
    """Feed kind `recare`: the date a practice system holds for one person and one type of recare; it may change every night (N-61)."""

    recare_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    type: Slug
    due_on: date | None
    interval_months: int | None = Field(default=None, ge=1, le=120)
    disabled_until: date | None = None
    disabled: bool = False
    historic: bool
    deleted: bool


class VehicleFacts(Wire):
    """Feed kind `vehicle`: `label` is year, make and model; `inspection_on` the end of its inspection or registration."""

    vehicle_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    label: Annotated[Line, Field(max_length=80)] = ""
    state: Literal["active", "sold"] = "active"
    inspection_on: date | None = None
    historic: bool
    deleted: bool


class OdometerFacts(Wire):
    """Feed kind `odometer`: one reading as the shop wrote it down, typing errors and all (N-67)."""

    reading_id: UUID
    vehicle_id: UUID
    read_on: date
    value: int
    unit: Literal["mi", "km"] = "mi"
    deleted: bool


class ServiceLineFacts(Wire):
    """Feed kind `service_line`: recommended, declined or done work. `category` groups job names (N-69); `is_safety`: brakes, tyres, steering."""

    line_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    vehicle_id: UUID | None
    state: LineState
    category: str = Field(default="", max_length=80)
    is_safety: bool = False
    noted_at: Instant | None
    historic: bool
    deleted: bool
