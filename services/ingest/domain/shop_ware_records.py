"""What things of Shop-Ware become: customers, repair orders with services, vehicles, recommendations, appointments (domain 3.5)."""

from datetime import datetime
from typing import Final

from services.ingest.domain.connector import Raw, SourceItem, Translation
from services.ingest.domain.read_record import AnyRecord
from services.ingest.domain.shop_values import amount_cents, first_phone, gone, reading_of_order, vehicle_of
from services.ingest.domain.source_values import (
    careful,
    day,
    instant,
    key,
    minutes_between,
    number,
    only_one,
    tables,
    text,
    truth,
)
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from shared.schemas.source_records import ServiceLineRecord, VehicleRecord


def translate(item: SourceItem) -> Translation:
    """Return the records of one thing, given as {resource: thing}. Nothing that a source sends makes this raise."""
    what, row, _ = only_one(item.raw)
    makers = _GONE if truth(row.get("deleted")) else _MAKERS  # our own mark for what is listed no more
    return careful(makers, what, row, instant(row.get("updated_at")) or item.seen_at, id_field="id")


def _customer(row: Raw, at: datetime) -> Translation:
    first, last, company = (text(row.get(name)) for name in ("first_name", "last_name", "business_name"))
    record = ConsumerRecord(
        foreign_id=key(row.get("id")),
        source_updated_at=at,
        first_name=first,
        last_name=last or company,
        email=text(row.get("email")),
        phone=first_phone(row.get("phones"), "preferred") or text(row.get("phone")),
        birth_on=day(row.get("date_of_birth")),
        email_ok=False if truth(row.get("marketing_ok")) is False else None,
    )
    return Translation([record])


def _vehicle(row: Raw, at: datetime) -> Translation:
    ends_on, model = day(row.get("registration_exp_date")), text(row.get("model"))
    record = vehicle_of(row, at, owner="customer_id", plate="plate", model=model, registration_ends_on=ends_on)
    return Translation([record])


def _repair_order(row: Raw, at: datetime) -> Translation:
    """A closed order is a visit (N-72). `odometer_out` was read last."""
    order, person, vehicle = (key(row.get(name)) for name in ("id", "customer_id", "vehicle_id"))
    closed_at, picked_up_at = instant(row.get("closed_at")), instant(row.get("picked_up_at"))
    records: list[AnyRecord] = []
    miles = number(row.get("odometer_out")) or number(row.get("odometer"))
    read_at = closed_at or instant(row.get("started_at"))
    records += reading_of_order(order, vehicle, miles, at, read_at=read_at)
    if closed_at:
        records.append(
            VisitRecord(
                foreign_id=order,
                source_updated_at=at,
                consumer=person or None,
                completed_at=picked_up_at or closed_at,
                total_cents=_paid(row),
                currency="USD",
                vehicle=vehicle,
            )
        )
        records += [line for service in tables(row.get("services")) for line in _service(service, at, person, vehicle)]
    return Translation(records) if records else Translation(skipped="order_not_closed")


def _paid(row: Raw) -> int | None:
    payments = [number(payment.get("amount_cents")) for payment in tables(row.get("payments"))]
    return amount_cents(sum(amount for amount in payments if amount is not None)) if payments else None


def _service(service: Raw, at: datetime, person: str, vehicle: str) -> list[AnyRecord]:
    found = key(service.get("id"))
    if not found or truth(service.get("completed")) is not True:
        return []
    return [
        ServiceLineRecord(
            foreign_id=f"service/{found}",
            source_updated_at=at,
            consumer=person or None,
            vehicle=vehicle,
            description=text(service.get("title")),
            state="done",
            stated_at=instant(service.get("completed_at")) or at,
        )
    ]


def _recommendation(row: Raw, at: datetime) -> Translation:
    approved = truth(row.get("approved"))
    state = (
        "done"
        if truth(row.get("done"))
        else "recommended"
        if approved is None
        else "approved"
        if approved
        else "declined"
    )
    record = ServiceLineRecord(
        foreign_id=f"recommendation/{key(row.get('id'))}",
        source_updated_at=at,
        consumer=key(row.get("customer_id")) or None,
        vehicle=key(row.get("vehicle_id")),
        description=text(row.get("description")),
        state=state,  # type: ignore[arg-type]
        stated_at=instant(row.get("approval_at")) or at,
    )
    return Translation([record])


def _appointment(row: Raw, at: datetime) -> Translation:
    """An entry without a repair order's customer is a note in the calendar; the API knows no status, being there is being booked."""
    found, person = key(row.get("id")), key(row.get("customer_id"))
    starts_at, ends_at = instant(row.get("start_at")), instant(row.get("end_at"))
    record = AppointmentRecord(
        foreign_id=found,
        source_updated_at=at,
        consumer=person or None,
        starts_at=starts_at,
        minutes=minutes_between(starts_at, ends_at),
        status="booked" if person and starts_at else "block",
        booked_at=instant(row.get("created_at")),
    )
    return Translation([record])


_GONE: Final = {
    "customers": gone(ConsumerRecord),
    "vehicles": gone(VehicleRecord),
    "past_recommendations": gone(ServiceLineRecord, "recommendation/"),
    "appointments": gone(AppointmentRecord),
}
_MAKERS: Final = {
    "customers": _customer,
    "vehicles": _vehicle,
    "repair_orders": _repair_order,
    "past_recommendations": _recommendation,
    "appointments": _appointment,
}
