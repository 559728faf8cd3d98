"""What a row of a practice's or shop's CSV export becomes, once a mapping has said which column is what (domain 3.6, N-86).

A cell that cannot be understood is left out and said; the row stays. Keys of what hangs on a person follow from the person's, so that an empty
cell in the next export takes the appointment or due date away again (N-44).
"""

import re
from datetime import datetime
from typing import Any, Final

from services.ingest.domain.connector import Raw, SourceItem, Translation
from services.ingest.domain.csv_cells import Cells
from services.ingest.domain.read_record import AnyRecord
from services.ingest.domain.shop_values import model_year
from services.ingest.domain.source_values import (
    careful,
    key,
    kind,
    minutes_between,
    number,
    table,
    text,
)
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from shared.schemas.source_records import (
    OdometerReadingRecord,
    RecareDueRecord,
    RelationRecord,
    ServiceLineRecord,
    VehicleRecord,
)

PERSON: Final = (
    *("foreign_id", "first_name", "last_name", "preferred_name", "company", "email", "phone", "birth_on", "language"),
    *("status", "email_ok", "guarantor", "updated_on"),
)
AROUND: Final = (
    *("next_visit_on", "next_visit_time", "last_visit_on", "recare_on", "recare_kind", "vin", "plate", "make", "model"),
    *("model_year", "odometer", "order_id", "order_on", "order_total", "declined"),
)
APPOINTMENT: Final = (
    "appointment_id",
    "consumer",
    "starts_on",
    "starts_time",
    "ends_time",
    "minutes",
    "appointment_status",
    "provider",
)
FIELDS: Final = frozenset((*PERSON, *AROUND, *APPOINTMENT))
_STATUSES: Final = {
    **dict.fromkeys(("", "active", "patient", "current", "a", "new", "yes", "customer"), "active"),
    **dict.fromkeys(("inactive", "archived", "i", "former", "no", "transferred", "dismissed", "deleted"), "inactive"),
    **dict.fromkeys(("deceased", "dead", "d"), "deceased"),
    **dict.fromkeys(("prospect", "prospective", "lead", "nonpatient", "non patient", "non-patient"), "prospect"),
}
_APPOINTMENTS: Final = {
    **dict.fromkeys(("scheduled", "booked", "unconfirmed", "appointment"), "booked"),
    **dict.fromkeys(("confirmed", "conf"), "confirmed"),
    **dict.fromkeys(("complete", "completed", "checked out", "done"), "completed"),
    **dict.fromkeys(("cancelled", "canceled", "broken"), "cancelled"),
    **dict.fromkeys(("no show", "noshow", "no-show", "missed"), "no_show"),
    **dict.fromkeys(("arrived", "checked in", "in office"), "arrived"),
    **dict.fromkeys(("planned", "asap"), "planned"),
    **dict.fromkeys(("unscheduled", "unsched"), "unscheduled"),
    **dict.fromkeys(("block", "blocked", "note", "lunch"), "block"),
}
_REFUSALS: Final = frozenset(
    (
        *("no", "n", "false", "0", "never", "opt out", "opted out", "opt-out", "do not email", "declined", "refused"),
        *("unsubscribed", "do not contact"),
    )
)
_DECLINED: Final = frozenset(
    ("declined", "refused", "do not email", "do not e-mail", "opted out", "opt out", "declines email")
)
_TOTALS: Final = re.compile(
    r"\s*(?:(?:grand |sub)?totals?|count|records?|end of report|printed|page \d)", re.IGNORECASE
)


def translate(item: SourceItem) -> Translation:
    """Return the records of one row. Nothing that a file holds makes this raise."""
    raw = item.raw or {}
    return careful({"person": _person, "appointment": _appointment}, text(raw.get("rows")), raw, item.seen_at, "rows")


def _no_row(values: Any) -> str:
    """Return why a row is none: repeated headers are taken out by the reader, totals stand at the end."""
    written = [text(value) for value in table(values).values()]
    first = next((value for value in written if value), "")
    return "totals_row" if _TOTALS.match(first) else "without_id"


def _person(raw: Raw, at: datetime) -> Translation:
    cells = Cells(raw)
    person = key(cells.text("foreign_id"))
    if not person or _TOTALS.match(cells.text("foreign_id")):
        return Translation(skipped=_no_row(raw.get("cells")))
    at = min(cells.noon("updated_on") or at, at)
    email = cells.text("email")
    refused = cells.text("email_ok").lower() in _REFUSALS or email.lower() in _DECLINED
    company, last = cells.text("company"), cells.text("last_name")
    guarantor = key(cells.text("guarantor"))
    records: list[AnyRecord] = [
        ConsumerRecord(
            foreign_id=person,
            source_updated_at=at,
            first_name=cells.text("first_name"),
            last_name=last or company,
            preferred_name=cells.text("preferred_name"),
            email=email,
            phone=cells.text("phone"),
            birth_on=cells.day("birth_on"),
            language=_language(cells.text("language")),
            status=_STATUSES.get(cells.text("status").lower(), "held"),  # type: ignore[arg-type]
            household=guarantor or person,
            email_ok=False if refused else None,
        )
    ]
    if guarantor and guarantor != person:
        relation = {"consumer": person, "related": guarantor, "relation": "guarantor"}
        records.append(
            RelationRecord.model_validate({"foreign_id": f"{person}/guarantor", "source_updated_at": at, **relation})
        )
    records += _visits(cells, person, at)
    records += _vehicle(cells, person, at)
    return Translation(records, left_out=tuple(cells.left_out))


def _visits(cells: Cells, person: str, at: datetime) -> list[AnyRecord]:
    records: list[AnyRecord] = []
    if "next_visit_on" in cells:
        starts_at = cells.moment("next_visit_on", "next_visit_time")
        named = {"foreign_id": f"{person}/next", "source_updated_at": at}
        records.append(
            AppointmentRecord(**named, consumer=person, starts_at=starts_at, status="booked")  # type: ignore[arg-type]
            if starts_at
            else AppointmentRecord(**named, op="delete")  # type: ignore[arg-type]
        )
    if (visited := cells.noon("last_visit_on")) and visited <= at:
        records.append(
            VisitRecord(
                foreign_id=f"{person}/{visited.date()}", source_updated_at=at, consumer=person, completed_at=visited
            )
        )
    if "recare_on" in cells:
        due_on, what = cells.day("recare_on"), kind(cells.text("recare_kind"))
        records.append(
            RecareDueRecord(
                foreign_id=f"{person}/recare",
                source_updated_at=at,
                consumer=person,
                recare_kind=what,
                due_on=due_on,
                status="open" if due_on else "disabled",
            )
        )
    return records


def _vehicle(cells: Cells, person: str, at: datetime) -> list[AnyRecord]:
    vin, plate = cells.text("vin").upper(), cells.text("plate").upper()
    name = vin or plate or kind(f"{cells.text('model_year')} {cells.text('make')} {cells.text('model')}")
    ordered_at, records = cells.noon("order_on"), list[AnyRecord]()
    vehicle = key(f"{person}/{name}") if name else ""
    if vehicle:
        records.append(
            VehicleRecord(
                foreign_id=vehicle,
                source_updated_at=at,
                consumer=person,
                vin=vin[:40],
                plate=plate[:20],
                make=cells.text("make"),
                model=cells.text("model"),
                model_year=model_year(cells.text("model_year")),
            )
        )
        distance = number(cells.text("odometer").replace(",", ""))
        read_at = ordered_at or cells.noon("last_visit_on")
        if distance is not None and 0 <= distance <= 10**8 and read_at:
            records.append(
                OdometerReadingRecord(
                    foreign_id=f"{vehicle}/{read_at.date()}",
                    source_updated_at=at,
                    vehicle=vehicle,
                    read_at=read_at,
                    distance=distance,
                )
            )
    order = key(cells.text("order_id"))
    if order and ordered_at and ordered_at <= at:
        total = cells.amount("order_total")
        records.append(
            VisitRecord(
                foreign_id=f"order/{order}",
                source_updated_at=at,
                consumer=person,
                completed_at=ordered_at,
                total_cents=total,
                vehicle=vehicle,
            )
        )
        if declined := cells.text("declined"):
            records.append(
                ServiceLineRecord(
                    foreign_id=f"order/{order}/declined",
                    source_updated_at=at,
                    consumer=person,
                    vehicle=vehicle,
                    description=declined,
                    state="declined",
                    stated_at=ordered_at,
                )
            )
    return records


def _appointment(raw: Raw, at: datetime) -> Translation:
    cells = Cells(raw)
    found = key(cells.text("appointment_id"))
    if not found or _TOTALS.match(cells.text("appointment_id")):
        return Translation(skipped=_no_row(raw.get("cells")))
    starts_at = cells.moment("starts_on", "starts_time")
    minutes = number(cells.text("minutes"))
    if minutes is None and "ends_time" in cells:
        minutes = minutes_between(starts_at, cells.moment("starts_on", "ends_time"))
    record = AppointmentRecord(
        foreign_id=found,
        source_updated_at=min(cells.noon("updated_on") or at, at),
        consumer=key(cells.text("consumer")) or None,
        starts_at=starts_at,
        minutes=minutes,
        status=_APPOINTMENTS.get(cells.text("appointment_status").lower(), "held"),  # type: ignore[arg-type]
        provider=cells.text("provider"),
    )
    return Translation([record], left_out=tuple(cells.left_out))


def _language(written: str) -> str:
    word = written.lower()
    named = {
        "english": "en",
        "spanish": "es",
        "espanol": "es",
        "español": "es",
        "french": "fr",
        "chinese": "zh",
        "vietnamese": "vi",
    }
    return named.get(word, word[:2] if re.fullmatch(r"[a-z]{2}(-[a-z]{2})?", word) else "")
