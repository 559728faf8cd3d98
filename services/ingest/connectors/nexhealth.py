"""NexHealth Synchronizer, the aggregator over Dentrix, Eaglesoft, Open Dental, Denticon, Curve and others, API v3 (domain 3.2).

Its vendor warns that no field is guaranteed; it tells no refusals of e-mail, which must come from the practice another way.
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.ingest.domain.connector import (
    Connector,
    Found,
    Mark,
    Raw,
    Reading,
    SourceFailedError,
    SourceItem,
    Translation,
    Web,
    Whole,
    begun_at,
)
from services.ingest.domain.paging import Turns
from services.ingest.domain.read_record import AnyRecord
from services.ingest.domain.source_values import (
    careful,
    day,
    instant,
    is_zone,
    key,
    kind,
    minutes_between,
    number,
    only_one,
    table,
    tables,
    text,
    truth,
    wall_time,
)
from services.ingest.domain.vanished import remember, vanished
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from shared.schemas.source_records import ProviderRecord, RecareDueRecord, RelationRecord

_VERSION: Final = "v3.0.0"
_PAGE: Final = 500
_OVERLAP: Final = timedelta(minutes=10)
_PAST: Final = timedelta(days=730)
_FUTURE: Final = timedelta(days=800)
_UNIT_DAYS: Final = {"D": 1, "W": 7, "M": 30, "Y": 365}
_PHONES: Final = ("cell_phone_number", "phone_number", "home_phone_number", "work_phone_number")


class NexHealthSettings(BaseModel):
    """The institution, its location and the API key."""

    model_config = ConfigDict(extra="forbid")

    api_key: SecretStr = Field(min_length=1, description="API key of the institution")
    subdomain: str = Field(min_length=1, description="the institution's subdomain")
    location_id: int = Field(ge=1, description="NexHealth's id of the location")
    url: str = Field(default="https://nexhealth.info", description="base URL of the API")


async def read(settings: NexHealthSettings, reading: Reading) -> AsyncIterator[Found]:
    """Yield what changed since the last run, every recall, because they are recalculated and removed without a trace, and new patients who are
    no more. While NexHealth cannot read the practice system the run fails, so that reminders pause (S-126).
    """
    web = reading.open_web(settings.url, sign=lambda web: _sign(settings, web))
    place = {"subdomain": settings.subdomain, "location_id": settings.location_id}
    await _refuse_stale(web, settings)
    since = reading.cursor.get("since", "")
    changed = place | ({"updated_since": since} if since else {})
    new: set[str] = set()
    window = {"start": _written(reading.now - _PAST), "end": _written(reading.now + _FUTURE)}
    for name, params in (
        ("providers", changed),
        ("patients", changed | {"location_strict": "true", "sort": "updated_at"}),
        ("appointments", changed | window),
    ):
        async for row in _pages(web, name, params):
            if name == "patients" and truth(table(row.get("bio")).get("new_patient")):
                new.add(key(row.get("id")))
            yield SourceItem({name: row}, reading.now)
    for found in vanished(reading.cursor, "new", new):
        answer = await web.ask("GET", f"patients/{found}", params=place, accept=(200, 404))
        if answer.status == 404:
            yield SourceItem({"patients": {"id": found, "deleted": True}}, reading.now)
        elif truth(table(table(table(answer.read_json()).get("data")).get("bio")).get("new_patient")):
            new.add(found)
    yield Whole(frozenset(("recare_due",)))
    async for row in _pages(web, "patient_recalls", place):
        yield SourceItem({"patient_recalls": row}, reading.now)
    yield Mark({"since": _written(begun_at(reading, web) - _OVERLAP), "new": remember(new)})


async def _sign(settings: NexHealthSettings, web: Web) -> Mapping[str, str]:
    """Return the headers with a token of an hour."""
    headers = {"Authorization": settings.api_key.get_secret_value(), "Nex-Api-Version": _VERSION}
    answer = await web.ask("POST", "authenticates", headers=headers, accept=(200, 201), signed=False)
    token = text(table(table(answer.read_json()).get("data")).get("token"), 8000)
    if not token:
        raise SourceFailedError("NexHealth gave no token.")
    return {
        "Authorization": f"Bearer {token}",
        "Nex-Api-Version": _VERSION,
        "Accept": "application/vnd.Nexhealth+json;version=2",
    }


async def _refuse_stale(web: Web, settings: NexHealthSettings) -> None:
    answer = table(
        await web.get("sync_status", {"subdomain": settings.subdomain, "location_ids[]": settings.location_id})
    )
    for status in tables(answer.get("data")):
        here = {number(place.get("id")) for place in tables(status.get("locations"))}
        if status.get("read_status") == "red" and (not here or settings.location_id in here):
            since = instant(status.get("read_status_at"))
            when = f" since {since:%Y-%m-%d %H:%M} UTC" if since else ""
            raise SourceFailedError(
                f"NexHealth has not been able to read the practice system{when}: its data is old, so nothing is taken."
            )


async def _pages(web: Web, name: str, params: dict[str, Any]) -> AsyncIterator[Raw]:
    turns, asked = Turns(name), params | {"per_page": _PAGE}
    while True:
        answer = await web.get(name, asked)
        rows = table(answer).get("data")
        if not isinstance(rows, list):
            raise SourceFailedError(f"NexHealth answered {name} without data.")
        for row in tables(rows):
            yield row
        page = table(answer).get("page_info")
        if not isinstance(page, dict):
            raise SourceFailedError(
                f"NexHealth answered {name} without page_info: nobody can tell whether that is all."
            )
        token = text(page.get("end_cursor"), 4000)
        if truth(page.get("has_next_page")) is not True:
            return
        if not token:
            raise SourceFailedError(f"NexHealth said that more {name} follow, and not where.")
        turns.turn(token)
        asked = params | {"per_page": _PAGE, "end_cursor": token}


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def translate(item: SourceItem) -> Translation:
    """Return the records of one thing, given as {resource: thing}. Nothing that a source sends makes this raise."""
    what, row, _ = only_one(item.raw)
    return careful(_MAKERS, what, row, instant(row.get("updated_at")) or item.seen_at, id_field="id")


def _patient(row: Raw, at: datetime) -> Translation:
    person, bio, guarantor = key(row.get("id")), table(row.get("bio")), key(row.get("guarantor_id"))
    if truth(row.get("deleted")):  # our own mark: a new patient whom NexHealth has replaced by the practice system's
        return Translation([ConsumerRecord(foreign_id=person, op="delete", source_updated_at=at)])
    status = "inactive" if truth(row.get("inactive")) else "prospect" if truth(bio.get("non_patient")) else "active"
    language = (text(row.get("preferred_locale")) or text(row.get("preferred_language"))).lower()
    record = ConsumerRecord(
        foreign_id=person,
        source_updated_at=at,
        first_name=text(row.get("first_name")),
        last_name=text(row.get("last_name")),
        email=text(row.get("email")),
        phone=next((found for name in _PHONES if (found := text(bio.get(name)))), ""),
        birth_on=day(bio.get("date_of_birth")),
        language=language[:2] if re.fullmatch(r"[a-z]{2}([-_].*)?", language) else "",
        status=status,  # type: ignore[arg-type]
        household=guarantor or person,
    )
    records: list[AnyRecord] = [record]
    if guarantor and guarantor != person:
        records.append(
            RelationRecord(
                foreign_id=f"{person}/guarantor",
                source_updated_at=at,
                consumer=person,
                related=guarantor,
                relation="guarantor",
            )
        )
    return Translation(records)


def _appointment(row: Raw, at: datetime) -> Translation:
    found, person, zone = key(row.get("id")), key(row.get("patient_id")), text(row.get("timezone"))
    starts_at = wall_time(row.get("start_time"), zone) if is_zone(zone) else instant(row.get("start_time"))
    ends_at, left_at = instant(row.get("end_time")), instant(row.get("checked_out_at"))
    flags = (
        ("unavailable", "block"),
        ("cancelled", "cancelled"),
        ("patient_missed", "no_show"),
        ("checked_out", "completed"),
        ("checkin_at", "arrived"),
        ("confirmed", "confirmed"),
        ("patient_confirmed", "confirmed"),
    )
    status = next(
        (ours for name, ours in flags if _is_set(row.get(name))), "booked" if person and starts_at else "held"
    )
    record = AppointmentRecord(
        foreign_id=found,
        source_updated_at=at,
        consumer=person or None,
        starts_at=starts_at,
        minutes=minutes_between(starts_at, ends_at),
        status=status,  # type: ignore[arg-type]
        provider=text(row.get("provider_name")),
        booked_at=instant(row.get("created_at")),
    )
    records: list[AnyRecord] = [record]
    completed_at = left_at or ends_at or starts_at
    if status == "completed" and person and completed_at:
        records.append(VisitRecord(foreign_id=found, source_updated_at=at, consumer=person, completed_at=completed_at))
    return Translation(records)


def _is_set(value: Any) -> bool:
    return truth(value) is True or instant(value) is not None


def _recall(row: Raw, at: datetime) -> Translation:
    person, due_on, what = key(row.get("patient_id")), day(row.get("date_due")), table(row.get("recall_type"))
    if not person:
        return Translation(skipped="without_patient")
    unit, count = text(what.get("interval_unit"))[:1].upper(), number(what.get("interval_num"))
    days = count * _UNIT_DAYS[unit] if count and unit in _UNIT_DAYS else 0
    status = "disabled" if due_on is None else "scheduled" if key(row.get("appointment_id")) else "open"
    record = RecareDueRecord(
        foreign_id=key(row.get("id")),
        source_updated_at=at,
        consumer=person,
        recare_kind=kind(what.get("name")),
        due_on=due_on,
        interval_days=days if 1 <= days <= 3660 else None,
        status=status,  # type: ignore[arg-type]
    )
    return Translation([record])


def _provider(row: Raw, at: datetime) -> Translation:
    name = text(row.get("display_name")) or text(row.get("name"))
    return Translation([ProviderRecord(foreign_id=key(row.get("id")), source_updated_at=at, name=name)])


_MAKERS: Final = {
    "patients": _patient,
    "appointments": _appointment,
    "patient_recalls": _recall,
    "providers": _provider,
}

CONNECTOR: Final = Connector(
    slug="nexhealth",
    description="NexHealth Synchronizer (Dentrix, Eaglesoft, Open Dental, Denticon, Curve and others)",
    settings=NexHealthSettings,
    read=read,
    translate=translate,
    needs="an API key of the institution with read access; refusals of e-mail, which NexHealth does not tell, from the practice",
    reads="sync_status, providers, patients, appointments, patient_recalls of one location; names, contact, birth date, times and status",
    has_refusals=False,
)
