"""STAR automotive: a folder of JSON documents in the shape of the STAR standard, as dealers' systems write them (domain 3.5)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from services.ingest.connectors._json_files import json_files, objects_in
from services.ingest.domain.connector import Connector, Found, Raw, Reading, SourceFailedError, SourceItem, Translation
from services.ingest.domain.read_record import AnyRecord
from services.ingest.domain.shop_values import MOST_DISTANCE, model_year
from services.ingest.domain.source_values import (
    careful,
    cents,
    instant,
    key,
    kind,
    minutes_between,
    number,
    table,
    tables,
    text,
    truth,
)
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from shared.schemas.source_records import ConsentSignalRecord, OdometerReadingRecord, ServiceLineRecord, VehicleRecord

_STATUSES: Final = {
    "SCHEDULED": "booked",
    "CONFIRMED": "confirmed",
    "ARRIVED": "arrived",
    "COMPLETED": "completed",
    "CANCELLED": "cancelled",
    "CANCELED": "cancelled",
    "NO_SHOW": "no_show",
}
_LINES: Final = {
    "COMPLETED": "done",
    "DECLINED": "declined",
    "APPROVED": "approved",
    "PENDING_APPROVAL": "recommended",
    "RECOMMENDED": "recommended",
}
_UNITS: Final = {"MILES": "mi", "MI": "mi", "KILOMETERS": "km", "KM": "km"}


class StarSettings(BaseModel):
    """Where the documents lie."""

    model_config = ConfigDict(extra="forbid")

    folder: Path = Field(description="folder with the JSON documents")


async def read(settings: StarSettings, reading: Reading) -> AsyncIterator[Found]:
    """Yield every document, appointments first, because they name customers."""
    if not settings.folder.is_dir():
        raise SourceFailedError("The folder of STAR documents does not exist.")
    for file in sorted(json_files(settings.folder), key=lambda file: ("appointment" not in file.name, file.name)):
        seen_at = min(datetime.fromtimestamp(file.stat().st_mtime, UTC), reading.now)
        for raw in objects_in(file):
            if raw is None:
                yield SourceItem(None, seen_at, "line_unreadable")
            elif isinstance(raw.get("data"), list):
                for inner in tables(raw["data"]):
                    yield SourceItem(inner, seen_at)
            else:
                yield SourceItem(raw, seen_at)


def translate(item: SourceItem) -> Translation:
    """Return the records of one document. Nothing that a source sends makes this raise."""
    raw = item.raw or {}
    at = instant(raw.get("update_date_time")) or item.seen_at
    what = next((name for field, name in _TELLS if raw.get(field)), "unknown")
    return careful(_MAKERS, what, raw, at, "document")


def _appointment(raw: Raw, at: datetime) -> Translation:
    found, person = key(raw.get("appointment_id")), _person_key(table(raw.get("customer")))
    if not found:
        return Translation(skipped="without_id")
    starts_at, ends_at = instant(raw.get("scheduled_start")), instant(raw.get("scheduled_end"))
    record = AppointmentRecord(
        foreign_id=found,
        op="delete" if text(raw.get("appointment_status")).upper() == "DELETED" else "upsert",
        source_updated_at=at,
        consumer=person or None,
        starts_at=starts_at,
        minutes=number(raw.get("requested_duration_minutes")) or minutes_between(starts_at, ends_at),
        status=_STATUSES.get(text(raw.get("appointment_status")).upper(), "held"),  # type: ignore[arg-type]
    )
    people: list[AnyRecord] = [*_person(table(raw.get("customer")), at)]
    return Translation([*people, *_vehicle(table(raw.get("vehicle")), person, at, starts_at), record])


def _request(_: Raw, __: datetime) -> Translation:
    """A wish for an appointment that the dealer has not answered is none."""
    return Translation(skipped="request_without_appointment")


def _repair_order(raw: Raw, at: datetime) -> Translation:
    order = key(raw.get("repair_order_id"))
    if not order:
        return Translation(skipped="without_id")
    lines = tables(raw.get("labor_operations"))
    parties = [
        table(row.get("party"))
        for line in lines
        for row in tables(line.get("customers"))
        if row.get("party_reference_type") == "CUSTOMER"
    ]
    person = next((found for party in parties if (found := key(party.get("value")))), "")
    completed_at = instant(table(raw.get("repair_order_duration")).get("complete_date_time"))
    records = _vehicle(table(raw.get("vehicle_identifier")), person, at, completed_at)
    vehicle = records[0].foreign_id if records else ""
    if completed_at:
        total = cents(table(raw.get("total_assessment")).get("grand_total"))
        records.append(
            VisitRecord(
                foreign_id=order,
                source_updated_at=at,
                consumer=person or None,
                completed_at=completed_at,
                total_cents=total,
                vehicle=vehicle,
            )
        )
    for line in lines:
        records += _line(line, order, person, vehicle, at)
    return Translation(records) if records else Translation(skipped="order_without_lines")


def _line(line: Raw, order: str, person: str, vehicle: str, at: datetime) -> list[AnyRecord]:
    found, state = key(line.get("labor_operation_id")), _LINES.get(text(line.get("labor_operation_status")).upper())
    if not found or state is None:
        return []
    amount = table(line.get("amount"))
    events = [
        moment
        for row in tables(line.get("labor_operation_events"))
        if (moment := instant(row.get("occurrence_timestamp")))
    ]
    currency = text(amount.get("currency_code"))
    return [
        ServiceLineRecord(
            foreign_id=f"{order}/{found}"[:128],
            source_updated_at=at,
            consumer=person or None,
            vehicle=vehicle,
            service_kind=kind(line.get("labor_operation_type")),
            description=text(line.get("name")) or text(line.get("labor_operation_description")),
            state=state,  # type: ignore[arg-type]
            stated_at=max(events, default=at),
            total_cents=cents(amount.get("value")),
            currency=currency if len(currency) == 3 and currency.isalpha() and currency.isupper() else "",
        )
    ]


def _customer(raw: Raw, at: datetime) -> Translation:
    """A customer with channels; an e-mail channel that is not authorised is a refusal of commercial mail (N-23)."""
    person = _person_key(raw)
    if not person:
        return Translation(skipped="without_id")
    channels = [
        row
        for row in tables(raw.get("communication_channels"))
        if text(row.get("communication_channel_type")).upper() == "EMAIL"
    ]
    channels.sort(key=lambda row: truth(row.get("preferred_indicator")) is not True)
    email = text(channels[0].get("value")) if channels else ""
    levels = [level for row in channels for level in tables(row.get("authorization_levels"))]
    refused = [level for level in levels if truth(level.get("authorized_indicator")) is False]
    records: list[AnyRecord] = [*_person(raw, at, email)]
    if refused:
        said_at = max(filter(None, (instant(level.get("update_date_time")) for level in refused)), default=at)
        signal = ConsentSignalRecord(
            foreign_id=f"{person}/email",
            source_updated_at=at,
            consumer=person,
            scope="commercial",
            granted=False,
            said_at=said_at,
        )
        records.append(signal)
    return Translation(records)


def _privacy(_: Raw, __: datetime) -> Translation:
    """A channel or an authorisation that names nobody cannot be anybody's refusal."""
    return Translation(skipped="privacy_of_nobody")


def _person_key(raw: Raw) -> str:
    return key(table(raw.get("identifier")).get("value"))


def _person(raw: Raw, at: datetime, email: str | None = None) -> list[AnyRecord]:
    """A customer in full. One named in an appointment has no address there, and must not empty the one on file."""
    if email is None or not _person_key(raw):
        return []
    name = table(raw.get("name"))
    first, last = text(name.get("first_name")), text(name.get("last_name"))
    return [
        ConsumerRecord(foreign_id=_person_key(raw), source_updated_at=at, first_name=first, last_name=last, email=email)
    ]


def _vehicle(raw: Raw, person: str, at: datetime, read_at: datetime | None) -> list[AnyRecord]:
    vin = text(raw.get("vin"), 40).upper()
    found = vin if key(vin) else ""
    if not found:
        return []
    records: list[AnyRecord] = [
        VehicleRecord(
            foreign_id=found,
            source_updated_at=at,
            consumer=person or None,
            vin=vin,
            make=text(raw.get("make")),
            model=text(raw.get("model")),
            model_year=model_year(raw.get("model_year")),
        )
    ]
    odometer = table(raw.get("odometer"))
    distance, unit = number(odometer.get("value")), _UNITS.get(text(odometer.get("uom")).upper())
    if distance is not None and 0 <= distance <= MOST_DISTANCE and unit and read_at:
        reading = {"vehicle": found, "read_at": read_at, "distance": distance, "unit": unit}
        named: dict[str, Any] = {"foreign_id": f"{found}/{read_at.date()}", "source_updated_at": at}
        records.append(OdometerReadingRecord.model_validate(named | reading))
    return records


_TELLS: Final = (
    ("appointment_id", "appointment"),
    ("scheduled_start", "request"),
    ("repair_order_id", "repair_order"),
    ("communication_channel_key", "privacy"),
    ("authorization_level_key", "privacy"),
    ("identifier", "customer"),
)
_MAKERS: Final = {
    "appointment": _appointment,
    "request": _request,
    "repair_order": _repair_order,
    "privacy": _privacy,
    "customer": _customer,
}

CONNECTOR: Final = Connector(
    slug="star",
    description="STAR automotive, a folder of JSON documents",
    settings=StarSettings,
    read=read,
    translate=translate,
    needs="a folder into which the dealer's system writes STAR documents (appointments, repair orders, customers)",
    reads="customers with their e-mail channels, appointments, repair orders with labor operations, vehicles; no notes, no media, no inspections",
)
