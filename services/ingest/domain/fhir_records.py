"""What FHIR R4 resources become: Patient, RelatedPerson, Appointment, Encounter, Consent and the Bundles of a `deleted` file (traps in domain 3.4).

A tolerant reader by hand: it picks the few elements we need and never touches the rest (reasons, diagnoses, notes, identifiers).
"""

import re
from datetime import datetime
from typing import Any, Final, get_args

from services.ingest.domain.connector import Raw, SourceItem, Translation
from services.ingest.domain.person import minor_until
from services.ingest.domain.source_values import (
    MOST_MINUTES,
    careful,
    day,
    instant,
    key,
    minutes_between,
    number,
    table,
    tables,
    text,
)
from shared.schemas.ingest import AppointmentRecord, AppointmentStatus, ConsumerRecord, VisitRecord
from shared.schemas.source_records import ConsentSignalRecord, MergeRecord, RelationRecord

_STATUSES: Final = {
    "proposed": "planned",
    "pending": "planned",
    "booked": "booked",
    "arrived": "arrived",
    "checked-in": "arrived",
    "fulfilled": "completed",
    "cancelled": "cancelled",
    "noshow": "no_show",
    "waitlist": "unscheduled",
    "entered-in-error": "deleted",
}
_NAME_USES: Final = ("official", "usual", "", "temp", "anonymous")
_TELECOM_USES: Final = ("home", "mobile", "", "work", "temp")
_UNRANKED: Final = 1000
_REFERENCE: Final = re.compile(
    r"(?:^|/)Patient/([A-Za-z0-9.-]{1,64})(?:/_history/[^/]+)?$|^urn:uuid:([0-9a-fA-F-]{36})$"
)
_GUARDIANS: Final = frozenset(
    {
        "GUARD",
        "PRN",
        "PRNFOST",
        "PRNINLAW",
        "MTH",
        "FTH",
        "NMTH",
        "NFTH",
        "GRPRN",
        "STPPRN",
        "HPOWATT",
        "parent",
        "guardian",
    }
)
_REFUSING_SCOPES: Final = frozenset(("", "patient-privacy"))
"""Scopes of a Consent whose denial is a refusal of mail; one of research or treatment says nothing about it."""


def translate(item: SourceItem) -> Translation:
    """Return the records of one resource. Nothing that a source sends makes this raise."""
    raw = item.raw or {}
    kind = str(raw.get("resourceType"))
    if kind in _MAKERS and kind != "Bundle" and not key(raw.get("id")):
        return Translation(skipped="without_id")
    updated_at = instant(table(raw.get("meta")).get("lastUpdated")) or item.seen_at
    return careful(_MAKERS, kind, raw, updated_at, "resource")


def _patient(raw: Raw, updated_at: datetime) -> Translation:
    name, preferred = _names(raw)
    status = "active"
    if raw.get("deceasedBoolean") is True or raw.get("deceasedDateTime"):
        status = "deceased"
    elif raw.get("active") is False or any(link.get("type") == "replaced-by" for link in tables(raw.get("link"))):
        status = "inactive"
    born = day(raw.get("birthDate"))
    guardians: list[ConsumerRecord] = []
    if minor_until(born, updated_at.date()):
        guardians = _guardians(raw, updated_at)
    person = ConsumerRecord(
        foreign_id=raw["id"],
        source_updated_at=updated_at,
        first_name=_given(name),
        last_name=text(name.get("family")),
        preferred_name=preferred,
        email=_reach(raw, "email", updated_at),
        phone=_reach(raw, "phone", updated_at) or _reach(raw, "sms", updated_at),
        birth_on=born,
        language=_language(raw),
        status=status,  # type: ignore[arg-type]
        guardian=guardians[0].foreign_id if guardians else "",
    )
    into = next(
        (_referred(table(link.get("other"))) for link in tables(raw.get("link")) if link.get("type") == "replaced-by"),
        None,
    )
    merges = [_merge(raw["id"], into, updated_at)] if into else []
    return Translation([*guardians, person, *merges])


def _merge(person: str, into: str, updated_at: datetime) -> MergeRecord:
    """`replaced-by`: history, permissions and opt-outs move to the survivor (N-06)."""
    return MergeRecord(foreign_id=f"{person}/replaced-by", source_updated_at=updated_at, consumer=person, into=into)


def _related_person(raw: Raw, updated_at: datetime) -> Translation:
    """A guardian with a record of their own; whoever else is related to a patient is none of our business (L-120)."""
    patient = _referred(table(raw.get("patient")))
    if patient is None or not _codes(raw) & _GUARDIANS:
        return Translation(
            skipped="related_person_without_patient" if patient is None else "related_person_no_guardian"
        )
    key_ = f"RelatedPerson/{raw['id']}"
    ended = raw.get("active") is False or table(raw.get("period")).get("end")
    name, preferred = _names(raw)
    relation = RelationRecord(
        foreign_id=f"{key_}/guardian",
        op="delete" if ended else "upsert",
        source_updated_at=updated_at,
        consumer=patient,
        related=key_,
        relation="guardian",
    )
    guardian = ConsumerRecord(
        foreign_id=key_,
        source_updated_at=updated_at,
        first_name=_given(name),
        last_name=text(name.get("family")),
        preferred_name=preferred,
        email=_reach(raw, "email", updated_at),
        phone=_reach(raw, "phone", updated_at),
        status="prospect",
    )
    return Translation([guardian, relation])


def _codes(raw: Raw) -> set[str]:
    found = raw.get("relationship")
    concepts = tables(found) if isinstance(found, list) else [table(found)]
    return {text(coding.get("code")) for concept in concepts for coding in tables(concept.get("coding"))}


def _consent(raw: Raw, updated_at: datetime) -> Translation:
    """An active denial by the patient is a refusal of all mail. A permission is none for marketing, and never lifts a refusal (N-24)."""
    scopes = {text(coding.get("code")) for coding in tables(table(raw.get("scope")).get("coding"))} or {""}
    patient = _referred(table(raw.get("patient")))
    if raw.get("status") != "active" or table(raw.get("provision")).get("type") != "deny":
        return Translation(skipped="consent_no_refusal")
    if patient is None or not scopes & _REFUSING_SCOPES:
        return Translation(skipped="consent_without_patient" if patient is None else "consent_other_scope")
    signal = ConsentSignalRecord(
        foreign_id=raw["id"],
        source_updated_at=updated_at,
        consumer=patient,
        scope="all",
        granted=False,
        said_at=instant(raw.get("dateTime")) or updated_at,
    )
    return Translation([signal])


def _names(raw: Raw) -> tuple[Raw, str]:
    """The name in force and a nickname: never one marked old or maiden, or whose period has ended."""
    names = [name for name in tables(raw.get("name")) if not table(name.get("period")).get("end")]
    by_use = {use: name for use in reversed(_NAME_USES) for name in reversed(names) if text(name.get("use")) == use}
    chosen = next((by_use[use] for use in _NAME_USES if use in by_use), {})
    nickname = next((_given(name) for name in names if name.get("use") == "nickname"), "")
    return chosen, nickname


def _given(name: Raw) -> str:
    given = name.get("given")
    first = next((part for part in given if isinstance(part, str)), "") if isinstance(given, list) else ""
    return text(first or ("" if name.get("family") else name.get("text")))


def _reach(raw: Raw, system: str, now: datetime) -> str:
    """The first of several telecoms by rank, then use; none that is old or whose period has ended."""
    found: list[tuple[int, int, int, str]] = []
    for telecom in tables(raw.get("telecom")):
        use, rank = text(telecom.get("use")), telecom.get("rank")
        end = text(table(telecom.get("period")).get("end"))
        if telecom.get("system") != system or use not in _TELECOM_USES or (end and end[:10] <= now.date().isoformat()):
            continue
        order = rank if isinstance(rank, int) and rank > 0 else _UNRANKED
        found.append((order, _TELECOM_USES.index(use), len(found), text(telecom.get("value"))))
    return min(found)[3] if found else ""


def _guardians(raw: Raw, updated_at: datetime) -> list[ConsumerRecord]:
    """A minor's contact who is parent or guardian and has an address becomes a person of their own, written to for the child (L-120)."""
    for place, contact in enumerate(tables(raw.get("contact"))):
        email = _reach(contact, "email", updated_at)
        if email and _codes(contact) & _GUARDIANS and not table(contact.get("period")).get("end"):
            name = table(contact.get("name"))
            return [
                ConsumerRecord(
                    foreign_id=f"{raw['id']}/contact/{place}",
                    source_updated_at=updated_at,
                    first_name=_given(name),
                    last_name=text(name.get("family")),
                    email=email,
                    status="prospect",
                )
            ]
    return []


def _language(raw: Raw) -> str:
    spoken = sorted(tables(raw.get("communication")), key=lambda row: row.get("preferred") is not True)
    codings = [coding for row in spoken for coding in tables(table(row.get("language")).get("coding"))]
    code = text(codings[0].get("code")).lower() if codings else ""
    return code[:2] if re.fullmatch(r"[a-z]{2}(-.*)?", code) else ""


def _encounter(raw: Raw, updated_at: datetime) -> Translation:
    status = text(raw.get("status"))
    if status == "entered-in-error":
        return Translation([VisitRecord(foreign_id=raw["id"], op="delete", source_updated_at=updated_at)])
    if status != "finished":
        return Translation(skipped="encounter_not_finished")
    period = table(raw.get("period"))
    completed_at = instant(period.get("end")) or instant(period.get("start"))
    person = _referred(table(raw.get("subject")))
    if completed_at is None or person is None:
        return Translation(skipped="encounter_without_time" if completed_at is None else "encounter_without_patient")
    visit = VisitRecord(foreign_id=raw["id"], source_updated_at=updated_at, consumer=person, completed_at=completed_at)
    return Translation([visit])


def _appointment(raw: Raw, updated_at: datetime) -> Translation:
    status = _STATUSES.get(text(raw.get("status")), "held")
    if status == "deleted":
        return Translation([AppointmentRecord(foreign_id=raw["id"], op="delete", source_updated_at=updated_at)])
    assert status in get_args(AppointmentStatus)
    starts_at, ends_at = instant(raw.get("start")), instant(raw.get("end"))
    minutes = number(raw.get("minutesDuration"))
    if minutes is None or not 0 <= minutes <= MOST_MINUTES:
        minutes = minutes_between(starts_at, ends_at)
    people = [_referred(table(row.get("actor"))) for row in tables(raw.get("participant"))]
    record = AppointmentRecord(
        foreign_id=raw["id"],
        source_updated_at=updated_at,
        consumer=next((person for person in people if person), None),
        starts_at=starts_at,
        minutes=minutes,
        status=status,  # type: ignore[arg-type]
        booked_at=instant(raw.get("created")),
    )
    return Translation([record])


def _deletions(raw: Raw, updated_at: datetime) -> Translation:
    """A `deleted` file of a bulk export holds Bundles of DELETE entries."""
    makers = {
        "Patient": ConsumerRecord,
        "Encounter": VisitRecord,
        "Appointment": AppointmentRecord,
        "Consent": ConsentSignalRecord,
    }
    records: list[Any] = []
    for entry in tables(raw.get("entry")):
        request = table(entry.get("request"))
        *_, kind, gone = ["", *text(request.get("url")).split("/")]
        if request.get("method") != "DELETE" or not key(gone):
            continue
        if kind in makers:
            records.append(makers[kind](foreign_id=gone, op="delete", source_updated_at=updated_at))
        elif kind == "RelatedPerson":
            records += _guardian_gone(gone, updated_at)
    return Translation(records) if records else Translation(skipped="resource_bundle")


def _guardian_gone(related: str, updated_at: datetime) -> list[Any]:
    named = {"op": "delete", "source_updated_at": updated_at}
    person = ConsumerRecord.model_validate({"foreign_id": f"RelatedPerson/{related}", **named})
    return [person, RelationRecord.model_validate({"foreign_id": f"RelatedPerson/{related}/guardian", **named})]


def _referred(value: Raw) -> str | None:
    found = _REFERENCE.search(text(value.get("reference")))
    return (found[1] or found[2]) if found else None


_MAKERS: Final = {
    "Patient": _patient,
    "RelatedPerson": _related_person,
    "Encounter": _encounter,
    "Appointment": _appointment,
    "Consent": _consent,
    "Bundle": _deletions,
}
