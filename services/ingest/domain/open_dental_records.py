"""What rows of Open Dental become, from its database or its REST API, which writes enumerations as names and flags as texts (domain 3.1).

`commoptout` is the only refusal of e-mail that Open Dental knows; `TxtMsgOk` and `DoNotCall` say nothing of it.
"""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from services.ingest.domain.connector import Raw, SourceItem, Translation
from services.ingest.domain.read_record import AnyRecord
from services.ingest.domain.source_values import (
    careful,
    day,
    instant,
    key,
    kind,
    number,
    only_one,
    table,
    text,
    truth,
    wall_time,
)
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from shared.schemas.source_records import ConsentSignalRecord, MergeRecord, RecareDueRecord, RelationRecord

_PATIENT: Final = ("Patient", "NonPatient", "Inactive", "Archived", "Deleted", "Deceased", "Prospective")
_PERSON_STATUS: Final = {
    "Patient": "active",
    "NonPatient": "prospect",
    "Inactive": "inactive",
    "Archived": "inactive",
    "Deceased": "deceased",
    "Prospective": "prospect",
}
_CONTACT: Final = ("None", "DoNotCall", "HmPhone", "WkPhone", "WirelessPh", "Email", "SeeNotes", "Mail", "TextMessage")
_APPOINTMENT: Final = (
    "",
    "Scheduled",
    "Complete",
    "UnschedList",
    "ASAP",
    "Broken",
    "Planned",
    "PtNote",
    "PtNoteCompleted",
)
_APPOINTMENT_STATUS: Final = {
    "Scheduled": "booked",
    "Complete": "completed",
    "UnschedList": "unscheduled",
    "ASAP": "unscheduled",
    "Broken": "cancelled",
    "Planned": "planned",
}
_ALL_MAIL: Final = 1 | 2 | 4 | 512
"""All, eConfirm, eReminder, Arrivals: refusing appointment mail is refusing all, as we know no refusal of that kind alone."""
_COMMERCIAL: Final = 8 | 16 | 32 | 1024 | 2048
"""eThankYou, WebSchedRecall, WebSchedASAP, Birthdays, GeneralMessages."""
_LANGUAGES: Final = {
    "eng": "en",
    "spa": "es",
    "fre": "fr",
    "fra": "fr",
    "chi": "zh",
    "zho": "zh",
    "vie": "vi",
    "rus": "ru",
    "kor": "ko",
    "ara": "ar",
    "por": "pt",
    "ger": "de",
    "deu": "de",
    "ita": "it",
    "jpn": "ja",
    "tgl": "tl",
    "pol": "pl",
    "hin": "hi",
    "english": "en",
    "spanish": "es",
}
_INTERVAL: Final = re.compile(r"(?:(\d{1,3})y)?(?:(\d{1,3})m)?(?:(\d{1,3})w)?(?:(\d{1,4})d)?", re.ASCII)
_UNIT_DAYS: Final = (365, 30, 7, 1)
_STEP_MINUTES: Final = 5


def translate(item: SourceItem) -> Translation:
    """Return the records of one row, given as {table: row, "zone": zone name}. Nothing that a source sends makes this raise."""
    what, row, zone = only_one(item.raw)
    at = instant(row.get("DateTStamp"), zone) or item.seen_at
    return careful(_MAKERS, what, row | {"zone": zone}, at, "table")


def _named(value: Any, names: tuple[str, ...]) -> str:
    """Return an enumeration's name, which the database writes as a number."""
    place = number(value)
    if place is not None:
        return names[place] if 0 <= place < len(names) else ""
    return text(value)


def _patient(row: Raw, at: datetime) -> Translation:
    person = key(row.get("PatNum"))
    if not person:
        return Translation(skipped="without_id")
    status = _named(row.get("PatStatus"), _PATIENT)
    if status == "Deleted":
        return Translation([ConsumerRecord(foreign_id=person, op="delete", source_updated_at=at)])
    methods = {_named(row.get(f"Prefer{what}Method"), _CONTACT) for what in ("Contact", "Confirm", "Recall")}
    ours = "held" if status == "Patient" and "SeeNotes" in methods else _PERSON_STATUS.get(status, "held")
    guarantor = key(row.get("Guarantor"))
    language = text(row.get("Language")).lower()
    record = ConsumerRecord(
        foreign_id=person,
        source_updated_at=at,
        first_name=text(row.get("FName")),
        last_name=text(row.get("LName")),
        preferred_name=text(row.get("Preferred")),
        email=text(row.get("Email")),
        phone=text(row.get("WirelessPhone")) or text(row.get("HmPhone")),
        birth_on=day(row.get("Birthdate")),
        language=_LANGUAGES.get(language, language[:2] if re.fullmatch(r"[a-z]{2}(-.*)?", language) else ""),
        status=ours,  # type: ignore[arg-type]
        household=guarantor or person,
    )
    return Translation([record])


def _appointment(row: Raw, at: datetime) -> Translation:
    found = key(row.get("AptNum"))
    if not found:
        return Translation(skipped="without_id")
    if truth(row.get("deleted")):
        gone: list[AnyRecord] = [AppointmentRecord(foreign_id=found, op="delete", source_updated_at=at)]
        return Translation([*gone, VisitRecord(foreign_id=found, op="delete", source_updated_at=at)])
    status = _named(row.get("AptStatus"), _APPOINTMENT)
    if status in ("PtNote", "PtNoteCompleted"):
        return Translation(skipped="patient_note")
    ours = _APPOINTMENT_STATUS.get(status, "held")
    arrived, dismissed = (instant(row.get(f"DateTime{what}"), row["zone"]) for what in ("Arrived", "Dismissed"))
    starts_at = wall_time(row.get("AptDateTime"), row["zone"])
    if ours == "booked":
        midnight = starts_at.replace(hour=0, minute=0, second=0) if starts_at else None
        if arrived and arrived != midnight:
            ours = "arrived"
        elif truth(row.get("is_confirmed")):
            ours = "confirmed"
    minutes = len(text(row.get("Pattern"))) * _STEP_MINUTES
    record = AppointmentRecord(
        foreign_id=found,
        source_updated_at=at,
        consumer=key(row.get("PatNum")) or None,
        starts_at=starts_at,
        minutes=minutes or None,
        status=ours,  # type: ignore[arg-type]
        provider=text(row.get("provAbbr")),
        booked_at=instant(row.get("SecDateTEntry"), row["zone"]),
    )
    records: list[AnyRecord] = [record]
    if ours == "completed" and starts_at:
        ended = dismissed if dismissed and dismissed > starts_at else starts_at + timedelta(minutes=minutes)
        records.append(
            VisitRecord(foreign_id=found, source_updated_at=at, consumer=record.consumer, completed_at=ended)
        )
    return Translation(records)


def _recall(row: Raw, at: datetime) -> Translation:
    found, person = key(row.get("RecallNum")), key(row.get("PatNum"))
    if not found or not person:
        return Translation(skipped="without_id")
    due_on = day(row.get("DateDue"))
    status = "scheduled" if day(row.get("DateScheduled")) else "open"
    if truth(row.get("IsDisabled")) or due_on is None:
        status = "disabled"
    until = day(row.get("DisableUntilDate"))
    if until and status == "open" and due_on and until > due_on:
        due_on = until
    record = RecareDueRecord(
        foreign_id=found,
        source_updated_at=at,
        consumer=person,
        recare_kind=kind(row.get("Description"))
        or (f"type_{key(row.get('RecallTypeNum'))}" if key(row.get("RecallTypeNum")) else ""),
        due_on=due_on,
        interval_days=_interval_days(row.get("RecallInterval")),
        status=status,  # type: ignore[arg-type]
    )
    return Translation([record])


def _interval_days(value: Any) -> int | None:
    """Return days of `6m1d`, or of the database's number: years, months, weeks and days, an octet each."""
    packed = number(value)
    if packed is not None:
        parts = [packed >> shift & 0xFF for shift in (24, 16, 8, 0)] if 0 < packed < 1 << 31 else []
    else:
        found = _INTERVAL.fullmatch(text(value))
        parts = [int(part or 0) for part in found.groups()] if found else []
    days = sum(count * unit for count, unit in zip(parts, _UNIT_DAYS, strict=False))
    return days if 0 < days <= 3660 else None


def _commoptout(row: Raw, at: datetime) -> Translation:
    found, person, bits = key(row.get("CommOptOutNum")), key(row.get("PatNum")), number(row.get("OptOutEmail"))
    if not found or not person:
        return Translation(skipped="without_id")
    if not bits or not bits & (_ALL_MAIL | _COMMERCIAL):
        return Translation(skipped="refuses_no_mail_of_ours")
    signal = ConsentSignalRecord(
        foreign_id=found,
        source_updated_at=at,
        consumer=person,
        scope="all" if bits & _ALL_MAIL else "commercial",
        granted=False,
        said_at=at,
    )
    return Translation([signal])


def _guardian(row: Raw, at: datetime) -> Translation:
    """The flag counts and not the word: a brother may be the guardian and a mother may not (domain 3.1)."""
    found, child, adult = (key(row.get(name)) for name in ("GuardianNum", "PatNumChild", "PatNumGuardian"))
    if not found:
        return Translation(skipped="without_id")
    if truth(row.get("deleted")) or not truth(row.get("IsGuardian")):
        return Translation([RelationRecord(foreign_id=found, op="delete", source_updated_at=at)])
    if not child or not adult or child == adult:
        return Translation(skipped="guardian_of_nobody")
    return Translation(
        [RelationRecord(foreign_id=found, source_updated_at=at, consumer=child, related=adult, relation="guardian")]
    )


def _patientlink(row: Raw, at: datetime) -> Translation:
    """Only merges: a clone is the same person kept twice on purpose, and stays two."""
    found, gone, into = (key(row.get(name)) for name in ("PatientLinkNum", "PatNumFrom", "PatNumTo"))
    if not found or not gone or not into or gone == into:
        return Translation(skipped="without_id")
    linked_at = instant(row.get("DateTimeLink"), row["zone"]) or at
    return Translation([MergeRecord(foreign_id=found, source_updated_at=linked_at, consumer=gone, into=into)])


_MAKERS: Final = {
    "patient": _patient,
    "appointment": _appointment,
    "recall": _recall,
    "commoptout": _commoptout,
    "guardian": _guardian,
    "patientlink": _patientlink,
}


def table_of(answer: Any) -> list[Raw]:
    """Return the rows of an answer of the REST API, whose names of columns keep their case."""
    return [table(row) for row in answer] if isinstance(answer, list) else []
