"""The truth about everyone in a FHIR export, read from the resources themselves and not from what the connector makes of them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

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
    if patient.get("active") is False:
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


def best_day(export: Export, business: Business) -> date | None:
    """The day to play on: somebody who may get mail came the day before and comes again, then the most people, then the latest."""
    days: dict[date, set[str]] = {}
    patients = {str(patient["id"]): patient for patient in export.patients()}
    for patient_id, _, end, resource in export.visits():
        came_on = end.astimezone(business.clock).date()
        patient = patients.get(patient_id)
        certain = resource.get("class", {}).get("code") in CERTAIN_CLASSES
        if certain and patient is not None and not barrier_of(patient, [_ANY], came_on):
            days.setdefault(came_on, set()).add(patient_id)
    opened = set(open_weekdays(business.location["hours"]))

    def worth(came_on: date) -> tuple[bool, int, date]:
        again = days[came_on] & days.get(came_on + timedelta(days=1), set())
        return bool(again), len(days[came_on]), came_on

    playable = [
        came_on for came_on in days if (came_on.weekday() + 1) % 7 in opened and (came_on.weekday() + 2) % 7 in opened
    ]
    return max(playable, key=worth) + timedelta(days=1) if playable else None


def open_weekdays(hours: Iterable[dict[str, str]]) -> list[int]:
    """The weekdays (0 is Monday) with opening hours."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return sorted({names.index(row["weekday"]) for row in hours})


_ANY = Cause("visit_thanks", "", datetime(1970, 1, 1).astimezone())
