"""The truth about everyone in a FHIR export, read from the resources themselves and not from what the connector makes of them."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from deploy.demo.businesses import Business
from deploy.demo.fhir_export import Export, Resource, day
from deploy.demo.truth import Barrier, Cause, Expectation

ADULT_YEARS = 18
CERTAIN_CLASSES = ("AMB", "HH", "VR")
"""Encounter classes that are visits beyond doubt; a stay or an emergency may be counted or not."""


def fhir_expectations(
    export: Export,
    mailboxes: dict[str, str],
    business: Business,
    *,
    now: datetime,
    until: datetime,
    go_live_at: datetime,
) -> tuple[Expectation, ...]:
    """What holds at `until` for everyone; `now` is where the demonstration's clock started."""
    today = now.astimezone(business.clock).date()
    causes: dict[str, list[Cause]] = {str(patient["id"]): [] for patient in export.patients()}
    for patient_id, encounter_id, end, resource in export.visits():
        if end <= until and patient_id in causes:
            yesterday = end.astimezone(business.clock).date() == today - timedelta(days=1)
            sure = yesterday and resource.get("class", {}).get("code") in CERTAIN_CLASSES
            barred: Barrier = "" if end >= go_live_at else "historic"
            causes[patient_id].append(Cause("visit_thanks", encounter_id, end, barred, certain=sure and not barred))
    for patient_id, appointment_id, start in export.bookings():
        if patient_id in causes:
            causes[patient_id].append(Cause("appointment_reminder", appointment_id, start))
    return tuple(
        Expectation(
            business.slug,
            str(patient["id"]),
            "from the export",
            mailboxes[str(patient["id"])],
            barrier_of(patient, causes[str(patient["id"])], until.astimezone(business.clock).date()),
            tuple(causes[str(patient["id"])]),
        )
        for patient in export.patients()
    )


def barrier_of(patient: Resource, causes: list[Cause], today: date) -> Barrier:
    """Why nothing may go to this patient at all."""
    if patient.get("deceasedBoolean") or patient.get("deceasedDateTime"):
        return "deceased"
    replaced = any(link.get("type") == "replaced-by" for link in patient.get("link", []))
    if patient.get("active") is False or replaced:
        return "inactive"
    if is_minor(patient, today):
        return "minor_without_guardian"
    return "" if causes else "no_relationship"


def is_minor(patient: Resource, today: date) -> bool:
    """Whether the patient is under age and born already."""
    born = day(patient.get("birthDate"))
    if born is None or born > today:
        return False
    return (today.year - born.year) - ((today.month, today.day) < (born.month, born.day)) < ADULT_YEARS


def best_day(export: Export, business: Business, *, evening: time) -> date | None:
    """The day to play on: somebody who may get mail came the day before and comes again by the evening, then the most people, then the latest."""
    days: dict[date, set[str]] = {}
    again: dict[date, set[str]] = {}
    patients = {str(patient["id"]): patient for patient in export.patients()}
    for patient_id, _, end, resource in export.visits():
        local = end.astimezone(business.clock)
        patient = patients.get(patient_id)
        if patient is None or barrier_of(patient, [_ANY], local.date()):
            continue
        if resource.get("class", {}).get("code") in CERTAIN_CLASSES:
            days.setdefault(local.date() + timedelta(days=1), set()).add(patient_id)
        if local.time() < evening:
            again.setdefault(local.date(), set()).add(patient_id)

    def worth(day: date) -> tuple[bool, int, date]:
        return bool(days[day] & again.get(day, set())), len(days[day]), day

    opened = set(open_weekdays(business.location["hours"]))
    playable = [day for day in days if {day.weekday(), (day.weekday() + 1) % 7} <= opened]
    return max(playable, key=worth) if playable else None


def open_weekdays(hours: Iterable[dict[str, str]]) -> list[int]:
    """The weekdays (0 is Monday) with opening hours."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return sorted({names.index(row["weekday"]) for row in hours})


_ANY = Cause("visit_thanks", "", datetime(1970, 1, 1).astimezone())
