"""Ingest's wire: further kinds of its change feed, what planning needs without names, addresses, plates or free text.

Each model is the body of a `Change` whose `kind` its docstring names and whose `key` is its first id. As with the kinds of ingest.py the body is
the present state, `deleted` when the source took the thing away, null when nothing is kept of it any more. `consumer_id` is null while the person
has not arrived (parked) and is already the surviving person after a merge (N-06). `historic`: older than the connection's go-live, no cause to
write by itself (N-36). A row is told again whenever a field of it changes.
"""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.schemas.source_records import (
    DistanceUnit,
    Kind,
    RecareStatus,
    RelationKind,
    ServiceLineState,
    VehicleStatus,
)
from shared.schemas.wire import Instant, Wire


class RecareDueFacts(Wire):
    """Feed kind `recare_due`. `scheduled` means the source has booked it, `disabled` that it must not remind."""

    recare_due_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    recare_kind: Kind
    due_on: date | None
    interval_days: int | None
    status: RecareStatus
    historic: bool
    deleted: bool


class VehicleFacts(Wire):
    """Feed kind `vehicle`. Readings come as rows of their own."""

    vehicle_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    model_year: int | None
    registration_ends_on: date | None
    status: VehicleStatus
    historic: bool
    deleted: bool


class OdometerReadingFacts(Wire):
    """Feed kind `odometer_reading`, as read: out of order, with typos. `vehicle_id` is null while the vehicle has not arrived."""

    odometer_reading_id: UUID
    location_id: UUID
    vehicle_id: UUID | None
    read_at: Instant | None
    distance: int | None
    unit: DistanceUnit
    historic: bool
    deleted: bool


class ServiceLineFacts(Wire):
    """Feed kind `service_line`. `vehicle_id` may name a vehicle that has not arrived yet."""

    service_line_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    vehicle_id: UUID | None
    service_kind: Kind
    state: ServiceLineState
    stated_at: Instant | None
    total_cents: int | None
    currency: str
    historic: bool
    deleted: bool


class RelationFacts(Wire):
    """Feed kind `relation`: `related_id` is guardian, guarantor or fleet contact of `consumer_id`."""

    relation_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    related_id: UUID | None = Field(description="may name a consumer that has not arrived yet")
    relation: RelationKind
    historic: bool
    deleted: bool
