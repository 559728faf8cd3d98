"""Ingest's wire: records a source sends, what became of them, the facts that follow, and the recipient look-up."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt, StringConstraints

from shared.schemas.wire import AddressKey, Instant, Name, Slug, Wire

ForeignId = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$")
]
"""The source's own key: unique per (connection, entity) only (S-124)."""

Entity = Literal[
    "consumer",
    "appointment",
    "visit",
    "recare_due",
    "vehicle",
    "odometer_reading",
    "service_line",
    "relation",
    "provider",
    "contact_point",
    "consent_signal",
    "merge",
]
"""What a record may be; those after `visit` stand in source_records.py."""
Operation = Literal["upsert", "delete"]
ConsumerStatus = Literal["active", "inactive", "deceased", "prospect", "held"]
AppointmentStatus = Literal[
    "booked",
    "confirmed",
    "arrived",
    "completed",
    "cancelled",
    "no_show",
    "unscheduled",
    "planned",
    "block",
    "deleted",
    "held",
]
Text = Annotated[str, StringConstraints(max_length=200)]


class Record(Wire):
    """What every record carries. `source_updated_at` orders versions of one record (N-78); the same instant is an update too."""

    type: Entity
    foreign_id: ForeignId
    op: Operation = "upsert"
    source_updated_at: Instant


class ConsumerRecord(Record):
    """A patient or vehicle owner. `email_ok`: false is an opt-out made at the source (S-037), null or absent says nothing (N-24)."""

    type: Literal["consumer"] = "consumer"
    first_name: Text = ""
    last_name: Text = ""
    preferred_name: Text = ""
    email: Text = ""
    phone: Text = ""
    birth_on: date | None = None
    language: Annotated[str, StringConstraints(pattern=r"^([a-z]{2})?$")] = ""
    status: ConsumerStatus = "active"
    household: Annotated[str, StringConstraints(max_length=128)] = ""
    guardian: Annotated[str, StringConstraints(max_length=128)] = ""
    email_ok: bool | None = None


class AppointmentRecord(Record):
    """`consumer` is the foreign id of its person. An unknown source status arrives as `held`, never as `booked` (N-45)."""

    type: Literal["appointment"] = "appointment"
    consumer: ForeignId | None = None
    starts_at: Instant | None = None
    minutes: StrictInt | None = Field(default=None, ge=0, le=60 * 24 * 14)
    status: AppointmentStatus = "held"
    provider: Text = ""
    booked_at: Instant | None = None


class VisitRecord(Record):
    """A completed visit or posted repair order; an estimate or work in progress is no visit (N-72)."""

    type: Literal["visit"] = "visit"
    consumer: ForeignId | None = None
    completed_at: Instant | None = None
    total_cents: StrictInt | None = Field(default=None, ge=-(10**10), le=10**10)
    currency: Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")] = ""
    vehicle: Text = ""


class ConnectionInput(Wire):
    """A source of one location. `go_live_at` parts history from news: older records are `historic` (N-36)."""

    location_id: UUID
    connector: Slug
    name: Name
    interval_minutes: StrictInt = Field(default=60, ge=5, le=60 * 24 * 7)
    go_live_at: Instant | None = None


class Connection(ConnectionInput):
    """A connection as stored."""

    connection_id: UUID
    created_at: Instant
    last_success_at: Instant | None
    ended_at: Instant | None = Field(default=None, description="ended for good; what it brought stays readable")
    version: int = Field(default=1, description="the ETag; edits send it as If-Match")


class Rejection(Wire):
    """Why one record was refused: line (from 1), field and stable code; never a value (I2, N-81)."""

    line: int
    field: str
    code: Slug


class BatchReport(Wire):
    """The account of a batch: received = applied + unchanged + superseded + parked + rejected, always (I2)."""

    batch_id: UUID
    connection_id: UUID
    state: Literal["running", "applied", "failed", "quarantined", "rejected"]
    received: int
    applied: int
    unchanged: int
    superseded: int
    parked: int = Field(description="children whose person has not arrived yet; attached when it does (N-87)")
    rejected: int
    dropped_fields: dict[str, int] = Field(description="forbidden fields dropped at the border, by name (S-059)")
    flagged_addresses: dict[str, int] = Field(
        description="records kept without a usable address, by reason code (N-15, N-18)"
    )
    optouts: int = Field(description="opt-outs the source reported, on file before this answer (S-037)")
    rejections: list[Rejection] = Field(description="the first 1,000; all are counted")
    started_at: Instant
    finished_at: Instant | None
    mode: Literal["delta", "snapshot"] = "delta"
    absent: int = Field(default=0, description="rows of the source that a snapshot did not name, deleted (N-76)")
    quarantine: Slug | None = Field(
        default=None, description="why absence proved nothing: nothing was deleted until a person decides"
    )
    lines: int = Field(default=0, description="how far the body is merged")
    octets: int = Field(default=0, description="the same in unpacked octets: where an upload may go on (`from_octet`)")


class ConsumerFacts(Wire):
    """Feed kind `consumer`: what planning needs, without name or address. `minor_until` is set for minors only (L-120, L-121)."""

    consumer_id: UUID
    location_id: UUID
    status: ConsumerStatus
    address_key: AddressKey | None
    address_problem: Slug | None
    recipient_id: UUID | None = Field(description="whose address is written to: the person's own id, or the guardian's")
    household_id: UUID | None
    language: str
    minor_until: date | None
    historic: bool
    deleted: bool
    birth_month: int | None = Field(
        default=None, description="of active adults only, with `birth_day`; the year stays in ingest (N-74)"
    )
    birth_day: int | None = Field(
        default=None, description="29 in February stays 29; the reader decides about other years"
    )
    guardian_id: UUID | None = Field(
        default=None, description="as the source says, whether or not the guardian can be written to"
    )
    merged_into: UUID | None = Field(
        default=None, description="the surviving person; this one is then never written to (N-06)"
    )


class FoundConsumer(ConsumerFacts):
    """A consumer found by the source's own key."""

    foreign_id: ForeignId


class AppointmentFacts(Wire):
    """Feed kind `appointment`."""

    appointment_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    starts_at: Instant | None
    minutes: int | None
    status: AppointmentStatus
    booked_at: Instant | None
    historic: bool
    deleted: bool
    announced: str = Field(default="", description="the start as the source wrote it, wall time and offset (ISO 8601)")


class VisitFacts(Wire):
    """Feed kind `visit`."""

    visit_id: UUID
    location_id: UUID
    consumer_id: UUID | None
    completed_at: Instant | None
    total_cents: int | None
    historic: bool
    deleted: bool


class ConnectionFacts(Wire):
    """Feed kind `connection`: how fresh a location's data is (S-126)."""

    connection_id: UUID
    location_id: UUID
    interval_minutes: int
    last_success_at: Instant | None


class RecipientQuery(Wire):
    """Ask for the people of some messages, and for the vehicles those speak of: at most 500 of each a call."""

    subscriber_id: UUID
    consumer_ids: list[UUID] = Field(min_length=1, max_length=500)
    vehicle_ids: list[UUID] = Field(default=[], max_length=500)


class Recipient(Wire):
    """One person as the mail may speak of them, and where it goes. `address` is null when there is no usable one."""

    consumer_id: UUID
    recipient_id: UUID | None
    address: str | None
    address_key: AddressKey | None
    first_name: str
    last_name: str
    language: str


class VehicleName(Wire):
    """What a mail calls a vehicle, as in `2019 Honda Civic`; "" when the source names neither make nor model. Plate and VIN stay in ingest."""

    vehicle_id: UUID
    consumer_id: UUID | None = Field(description="whose it is now: nobody else's mail speaks of it (N-68)")
    name: str


class Recipients(Wire):
    """Answer in any order; consumers and vehicles unknown or gone are simply absent."""

    recipients: list[Recipient]
    vehicles: list[VehicleName] = Field(default=[])
