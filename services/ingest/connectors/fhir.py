"""FHIR R4 bulk export: a folder of NDJSON files with Patient, Encounter and Appointment (HL7 Bulk Data 2; traps in domain 3.4).

A tolerant reader by hand: it picks the few elements we need and never touches the rest (reasons, diagnoses, notes, identifiers).
"""

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, Field, ValidationError

from services.ingest.domain.connector import Connector, Raw, SourceItem, Translation
from services.ingest.domain.person import minor_until
from shared.schemas.ingest import AppointmentRecord, AppointmentStatus, ConsumerRecord, VisitRecord

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
_ORDER: Final = ("Patient", "Appointment", "Encounter")


class FhirSettings(BaseModel):
    """Where the export lies."""

    folder: Path = Field(description="folder with the NDJSON files of the export")


def read(settings: FhirSettings) -> Iterator[SourceItem]:
    """Yield every resource line by line, patients first. A line that is no JSON, or a file cut off in its last line, is said and not guessed."""
    files = sorted(
        (*settings.folder.glob("*.ndjson"), *settings.folder.glob("*.ndjson.gz")),
        key=lambda file: (_rank(file.name), file.name),
    )
    exported_at = _exported_at(settings.folder)
    for file in files:
        if file.name.startswith("log."):
            continue
        seen_at = exported_at or datetime.fromtimestamp(file.stat().st_mtime, UTC)
        yield from _lines_of(file, seen_at)


def _lines_of(file: Path, seen_at: datetime) -> Iterator[SourceItem]:
    line = b"\n"
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as source:
            for line in source:
                if line.strip():
                    yield _item(line, seen_at)
    except (EOFError, gzip.BadGzipFile, OSError):
        yield SourceItem(None, seen_at, "file_cut_off")


def _item(line: bytes, seen_at: datetime) -> SourceItem:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return SourceItem(None, seen_at, "line_unreadable" if line.endswith(b"\n") else "file_cut_off")
    return SourceItem(raw, seen_at) if isinstance(raw, dict) else SourceItem(None, seen_at, "line_unreadable")


def _rank(name: str) -> int:
    return next((rank for rank, kind in enumerate(_ORDER) if name.startswith(kind)), len(_ORDER))


def _exported_at(folder: Path) -> datetime | None:
    """The export's transactionTime, from its manifest or log: it stands in for resources without meta.lastUpdated."""
    for name in ("manifest.json", "log.ndjson"):
        file = folder / name
        found = (
            re.search(r'"transactionTime"\s*:\s*"([^"]+)"', file.read_text(errors="replace"))
            if file.is_file()
            else None
        )
        if found and (moment := _instant(found[1])):
            return moment
    return None


def translate(item: SourceItem) -> Translation:
    """Return the records of one resource. Nothing that a source sends makes this raise."""
    raw = item.raw or {}
    kind = raw.get("resourceType")
    makers = {"Patient": _patient, "Encounter": _encounter, "Appointment": _appointment, "Bundle": _deletions}
    maker = makers.get(str(kind))
    if maker is None:
        return Translation(skipped=f"resource_{kind}"[:60].lower() if str(kind).isalpha() else "resource_unknown")
    if kind != "Bundle" and not isinstance(raw.get("id"), str):
        return Translation(skipped="without_id")
    updated_at = _instant(_dict(raw.get("meta")).get("lastUpdated")) or item.seen_at
    try:
        return maker(raw, updated_at)
    except ValidationError as error:
        row = error.errors(include_input=False, include_url=False, include_context=False)[0]
        return Translation(skipped=f"invalid_{row['loc'][-1] if row['loc'] else 'record'}")


def _patient(raw: Raw, updated_at: datetime) -> Translation:
    name, preferred = _names(raw)
    status = "active"
    if raw.get("deceasedBoolean") is True or raw.get("deceasedDateTime"):
        status = "deceased"
    elif raw.get("active") is False or any(link.get("type") == "replaced-by" for link in _dicts(raw.get("link"))):
        status = "inactive"
    born = _date(raw.get("birthDate"))
    guardians: list[ConsumerRecord] = []
    if minor_until(born, updated_at.date()):
        guardians = _guardians(raw, updated_at)
    person = ConsumerRecord(
        foreign_id=raw["id"],
        source_updated_at=updated_at,
        first_name=_given(name),
        last_name=_text(name.get("family")),
        preferred_name=preferred,
        email=_reach(raw, "email", updated_at),
        phone=_reach(raw, "phone", updated_at) or _reach(raw, "sms", updated_at),
        birth_on=born,
        language=_language(raw),
        status=status,  # type: ignore[arg-type]
        guardian=guardians[0].foreign_id if guardians else "",
    )
    return Translation([*guardians, person])


def _names(raw: Raw) -> tuple[Raw, str]:
    """The name in force and a nickname: never one marked old or maiden, or whose period has ended."""
    names = [name for name in _dicts(raw.get("name")) if not _dict(name.get("period")).get("end")]
    by_use = {use: name for use in reversed(_NAME_USES) for name in reversed(names) if _text(name.get("use")) == use}
    chosen = next((by_use[use] for use in _NAME_USES if use in by_use), {})
    nickname = next((_given(name) for name in names if name.get("use") == "nickname"), "")
    return chosen, nickname


def _given(name: Raw) -> str:
    given = name.get("given")
    first = next((part for part in given if isinstance(part, str)), "") if isinstance(given, list) else ""
    return _text(first or ("" if name.get("family") else name.get("text")))


def _reach(raw: Raw, system: str, now: datetime) -> str:
    """The first of several telecoms by rank, then use; none that is old or whose period has ended."""
    found: list[tuple[int, int, int, str]] = []
    for telecom in _dicts(raw.get("telecom")):
        use, rank = _text(telecom.get("use")), telecom.get("rank")
        end = _text(_dict(telecom.get("period")).get("end"))
        if telecom.get("system") != system or use not in _TELECOM_USES or (end and end[:10] <= now.date().isoformat()):
            continue
        order = rank if isinstance(rank, int) and rank > 0 else _UNRANKED
        found.append((order, _TELECOM_USES.index(use), len(found), _text(telecom.get("value"))))
    return min(found)[3] if found else ""


def _guardians(raw: Raw, updated_at: datetime) -> list[ConsumerRecord]:
    """A minor's contact who is parent or guardian and has an address becomes a person of their own, written to for the child (L-120)."""
    for number, contact in enumerate(_dicts(raw.get("contact"))):
        codes = {
            _text(coding.get("code"))
            for relationship in _dicts(contact.get("relationship"))
            for coding in _dicts(relationship.get("coding"))
        }
        email = _reach(contact, "email", updated_at)
        if email and codes & _GUARDIANS and not _dict(contact.get("period")).get("end"):
            name = _dict(contact.get("name"))
            return [
                ConsumerRecord(
                    foreign_id=f"{raw['id']}/contact/{number}",
                    source_updated_at=updated_at,
                    first_name=_given(name),
                    last_name=_text(name.get("family")),
                    email=email,
                    status="prospect",
                )
            ]
    return []


def _language(raw: Raw) -> str:
    spoken = sorted(_dicts(raw.get("communication")), key=lambda row: row.get("preferred") is not True)
    codings = [coding for row in spoken for coding in _dicts(_dict(row.get("language")).get("coding"))]
    code = _text(codings[0].get("code")).lower() if codings else ""
    return code[:2] if re.fullmatch(r"[a-z]{2}(-.*)?", code) else ""


def _encounter(raw: Raw, updated_at: datetime) -> Translation:
    status = _text(raw.get("status"))
    if status == "entered-in-error":
        return Translation([VisitRecord(foreign_id=raw["id"], op="delete", source_updated_at=updated_at)])
    if status != "finished":
        return Translation(skipped="encounter_not_finished")
    period = _dict(raw.get("period"))
    completed_at = _instant(period.get("end")) or _instant(period.get("start"))
    person = _referred(_dict(raw.get("subject")))
    if completed_at is None or person is None:
        return Translation(skipped="encounter_without_time" if completed_at is None else "encounter_without_patient")
    visit = VisitRecord(foreign_id=raw["id"], source_updated_at=updated_at, consumer=person, completed_at=completed_at)
    return Translation([visit])


def _appointment(raw: Raw, updated_at: datetime) -> Translation:
    status = _STATUSES.get(_text(raw.get("status")), "held")
    if status == "deleted":
        return Translation([AppointmentRecord(foreign_id=raw["id"], op="delete", source_updated_at=updated_at)])
    assert status in get_args(AppointmentStatus)
    starts_at, ends_at = _instant(raw.get("start")), _instant(raw.get("end"))
    minutes = raw.get("minutesDuration")
    if not isinstance(minutes, int) and starts_at and ends_at and ends_at > starts_at:
        minutes = int((ends_at - starts_at).total_seconds() // 60)
    people = [_referred(_dict(row.get("actor"))) for row in _dicts(raw.get("participant"))]
    record = AppointmentRecord(
        foreign_id=raw["id"],
        source_updated_at=updated_at,
        consumer=next((person for person in people if person), None),
        starts_at=starts_at,
        minutes=minutes if isinstance(minutes, int) else None,
        status=status,  # type: ignore[arg-type]
        booked_at=_instant(raw.get("created")),
    )
    return Translation([record])


def _deletions(raw: Raw, updated_at: datetime) -> Translation:
    """A `deleted` file of a bulk export holds Bundles of DELETE entries."""
    makers = {"Patient": ConsumerRecord, "Encounter": VisitRecord, "Appointment": AppointmentRecord}
    records: list[Any] = []
    for entry in _dicts(raw.get("entry")):
        request = _dict(entry.get("request"))
        kind, _, key = _text(request.get("url")).partition("/")
        if request.get("method") == "DELETE" and kind in makers and key:
            records.append(makers[kind](foreign_id=key, op="delete", source_updated_at=updated_at))
    return Translation(records) if records else Translation(skipped="resource_bundle")


def _referred(value: Raw) -> str | None:
    found = _REFERENCE.search(_text(value.get("reference")))
    return (found[1] or found[2]) if found else None


def _instant(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _dict(value: Any) -> Raw:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[Raw]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


CONNECTOR: Final = Connector(
    slug="fhir",
    description="FHIR R4 bulk export, a folder of NDJSON files",
    settings=FhirSettings,
    read=read,
    translate=translate,
)
