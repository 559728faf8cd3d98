"""Ingest's wire, second half of the records a source sends: what falls due, what is driven, how people belong together, what they permit."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints

from shared.schemas.ingest import ForeignId, Record, Text
from shared.schemas.wire import Instant

RecareStatus = Literal["open", "scheduled", "disabled"]
VehicleStatus = Literal["active", "sold"]
DistanceUnit = Literal["mi", "km"]
ServiceLineState = Literal["recommended", "declined", "approved", "done"]
RelationKind = Literal["guardian", "guarantor", "fleet_contact"]
ContactKind = Literal["email", "phone"]
ContactState = Literal["valid", "unverified", "risky", "bounced", "complained", "opted_out"]
SignalScope = Literal["commercial", "all"]
Kind = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,62})?$")]
"""A machine word of the source's catalogue (`prophylaxis`, `oil_change`); never free text, because it travels in the feed."""
Currency = Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")]
Cents = Annotated[StrictInt, Field(ge=-(10**10), le=10**10)]


class RecareDueRecord(Record):
    """A periodic visit that falls due, one per person and kind. `due_on` is the source's final date and may move at any time (S-122)."""

    type: Literal["recare_due"] = "recare_due"
    consumer: ForeignId | None = None
    recare_kind: Kind = ""
    due_on: date | None = None
    interval_days: StrictInt | None = Field(default=None, ge=1, le=3660)
    status: RecareStatus = "open"


class VehicleRecord(Record):
    """A vehicle and its owner. VIN and plate are personal: they stay in ingest, encrypted."""

    type: Literal["vehicle"] = "vehicle"
    consumer: ForeignId | None = None
    vin: Annotated[str, StringConstraints(max_length=40)] = ""
    plate: Annotated[str, StringConstraints(max_length=20)] = ""
    make: Text = ""
    model: Text = ""
    model_year: StrictInt | None = Field(default=None, ge=1886, le=2200)
    registration_ends_on: date | None = None
    status: VehicleStatus = "active"


class OdometerReadingRecord(Record):
    """What an odometer showed. Readings come out of order and with typos: who estimates mileage judges them, nothing is corrected here."""

    type: Literal["odometer_reading"] = "odometer_reading"
    vehicle: ForeignId | None = None
    read_at: Instant | None = None
    distance: StrictInt | None = Field(default=None, ge=0, le=10**8)
    unit: DistanceUnit = "mi"


class ServiceLineRecord(Record):
    """Work on a vehicle, or treatment, that was recommended, declined, approved or done. `description` stays in ingest, encrypted."""

    type: Literal["service_line"] = "service_line"
    consumer: ForeignId | None = None
    vehicle: Annotated[str, StringConstraints(max_length=128)] = ""
    service_kind: Kind = ""
    description: Text = ""
    state: ServiceLineState = "recommended"
    stated_at: Instant | None = None
    total_cents: Cents | None = None
    currency: Currency = ""


class RelationRecord(Record):
    """`related` is guardian, guarantor or fleet contact of `consumer`; both are foreign ids of consumers of the same connection."""

    type: Literal["relation"] = "relation"
    consumer: ForeignId | None = None
    related: Annotated[str, StringConstraints(max_length=128)] = ""
    relation: RelationKind = "guarantor"


class ProviderRecord(Record):
    """Who treats or advises; the display name stays in ingest, encrypted."""

    type: Literal["provider"] = "provider"
    name: Text = ""


class ContactPointRecord(Record):
    """A further way to reach a person, beside the address and phone of the consumer record, with its validity."""

    type: Literal["contact_point"] = "contact_point"
    consumer: ForeignId | None = None
    kind: ContactKind = "email"
    value: Text = ""
    state: ContactState = "unverified"
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class ConsentSignalRecord(Record):
    """What a person said to the business about mail. A refusal is an opt-out (S-037) and is never lifted by a later `granted` (N-24)."""

    type: Literal["consent_signal"] = "consent_signal"
    consumer: ForeignId | None = None
    scope: SignalScope = "commercial"
    granted: bool | None = None
    said_at: Instant | None = None


class MergeRecord(Record):
    """The source merged person `consumer` into `into` (N-06). `op: delete` names `consumer` too and undoes it; opt-outs stay on both (N-07)."""

    type: Literal["merge"] = "merge"
    consumer: ForeignId | None = None
    into: Annotated[str, StringConstraints(max_length=128)] = ""
