"""The catalogue as cases: what sets a campaign type off, when its steps then fall due, and what stops it. It is Monday 2026-03-02, 07:00."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from tests.scheduler.due_world import put_line, put_recare, put_vehicle
from tests.scheduler.practice import Practice

Set = Callable[[Practice, UUID, dict[str, Any]], UUID | None]
"""Puts the record of one person into the feed, with changes of it (`id` updates), and returns the id of what starts the series."""
Stop = tuple[dict[str, Any], str]
"""Changes of the record and the reason that is then on file."""


@dataclass(frozen=True)
class Case:
    """`due`: local times by step. `person`: facts that the person needs. `settings` the campaign is switched on with."""

    sets_off: Set
    due: Mapping[str, str]
    stops: tuple[Stop, ...] = ()
    person: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    verticals: tuple[str, ...] = ("dental", "auto")


def _appointment(starts: str, **facts: Any) -> Set:
    def put(practice: Practice, person: UUID, changes: dict[str, Any]) -> UUID:
        values = {"starts": starts} | facts | changes
        booked = values.pop("booked", None)
        return practice.appointment(
            person, values.pop("starts"), booked_at=practice.at(booked) if booked else None, **values
        )

    return put


def _visit(completed: str, *, before: str | None = None) -> Set:
    def put(practice: Practice, person: UUID, changes: dict[str, Any]) -> UUID:
        if before and changes.pop("been_before", "id" not in changes):
            practice.visit(person, before)
        changes.pop("been_before", None)
        return practice.visit(person, completed, **changes)

    return put


def _recare(practice: Practice, person: UUID, changes: dict[str, Any]) -> UUID:
    values = {"due_on": date(2026, 4, 1)} | changes
    return put_recare(practice, person, values.pop("due_on"), **values)


def _treatment(practice: Practice, person: UUID, changes: dict[str, Any]) -> UUID:
    return put_line(
        practice, person, None, "2026-03-01 12:00", **{"state": "recommended", "service_kind": "crown"} | changes
    )


def _declined(practice: Practice, person: UUID, changes: dict[str, Any]) -> UUID:
    told = (row["body"]["vehicle_id"] for row in practice.ingest.feed.rows if row["key"] == str(changes.get("id")))
    vehicle = next(told, None)
    car = UUID(vehicle) if vehicle else put_vehicle(practice, person)
    return put_line(practice, person, car, "2026-03-01 12:00", **changes)


def _line(state: str) -> dict[str, Any]:
    return {"state": state}


def _service(practice: Practice, person: UUID, changes: dict[str, Any]) -> UUID:
    car = put_vehicle(practice, person, ("2025-10-18", 30_000), ("2026-01-26", 40_000), **changes)
    if "id" not in changes:
        put_line(practice, person, car, "2026-01-26 12:00", state="done", service_kind="oil_change")
    return car


def _inspection(practice: Practice, person: UUID, changes: dict[str, Any]) -> UUID:
    return put_vehicle(practice, person, **{"registration_ends_on": date(2026, 4, 20)} | changes)


def _nothing(practice: Practice, person: UUID, changes: dict[str, Any]) -> None:
    return None


_OVER: Final = ({"status": "completed"}, "appointment_over")
_CANCELLED: Final = ({"status": "cancelled"}, "appointment_cancelled")
_TAKEN_BACK: Final = ({"deleted": True}, "visit_cancelled")
_SOLD: Final = ({"status": "sold"}, "vehicle_sold")
_WORDS: Final = {"words": {"headline": "A word from us", "text": "First.\n\nSecond."}}

CASES: Final[dict[str, Case]] = {
    "appointment_reminder": Case(
        _appointment("2026-03-20 09:00", status="confirmed"),
        {"two_weeks": "2026-03-06 10:00", "three_days": "2026-03-17 10:00", "day_before": "2026-03-19 10:00"},
        (_CANCELLED, _OVER, ({"status": "no_show"}, "appointment_over"), ({"status": "block"}, "appointment_not_firm")),
    ),
    "appointment_confirm_request": Case(
        _appointment("2026-03-20 09:00"),
        {"two_weeks": "2026-03-06 10:00", "three_days": "2026-03-17 10:00"},
        (({"status": "confirmed"}, "appointment_confirmed"), _CANCELLED, _OVER),
    ),
    "appointment_booked": Case(
        _appointment("2026-04-01 09:00", booked="2026-03-02 06:00"),
        {"at_once": "2026-03-02 08:00"},
        (_CANCELLED,),
    ),
    "appointment_missed": Case(
        _appointment("2026-02-27 09:00", status="no_show"), {"next_business_day": "2026-03-02 10:00"}, (_OVER,)
    ),
    "appointment_cancelled": Case(
        _appointment("2026-04-01 09:00", status="cancelled"),
        {"next_business_day": "2026-03-03 10:00"},
        (({"status": "booked"}, "cancellation_not_firm"),),
    ),
    "post_visit": Case(_visit("2026-03-02 06:30"), {"same_day": "2026-03-02 08:30"}, (_TAKEN_BACK,)),
    "visit_thanks": Case(_visit("2026-03-02 06:30"), {"next_morning": "2026-03-03 10:00"}, (_TAKEN_BACK,)),
    "survey": Case(_visit("2026-03-02 06:30"), {"day_after": "2026-03-03 10:00"}, (_TAKEN_BACK,)),
    "review_request": Case(
        _visit("2026-03-02 06:30"),
        {"after_thanks": "2026-03-05 10:00"},
        (_TAKEN_BACK,),
        settings={"links": {"review": "https://reviews.example.com/us"}},
    ),
    "referral_invite": Case(
        _visit("2026-03-02 06:30", before="2025-09-01 09:00"), {"one_week": "2026-03-09 10:00"}, (_TAKEN_BACK,)
    ),
    "second_visit": Case(
        _visit("2026-01-05 09:00"), {"two_months": "2026-03-06 10:00"}, (_TAKEN_BACK,), verticals=("auto",)
    ),
    "welcome": Case(_nothing, {"next_morning": "2026-03-03 09:00"}),
    "recare_due": Case(
        _recare,
        {
            "month_before": "2026-03-02 10:00",
            "week_before": "2026-03-25 10:00",
            "two_weeks_after": "2026-04-15 10:00",
        },
        (
            ({"status": "disabled"}, "recare_disabled"),
            ({"status": "scheduled"}, "recare_scheduled"),
            ({"due_on": date(2026, 10, 1)}, "recare_moved"),
        ),
        verticals=("dental",),
    ),
    "reactivation": Case(_visit("2025-03-05 09:00"), {"one_year": "2026-03-05 10:00"}, (({"deleted": True}, "lapse_cancelled"),)),
    "unscheduled_treatment": Case(
        _treatment,
        {"two_weeks": "2026-03-16 10:00"},
        ((_line("done"), "work_done"), (_line("approved"), "work_done"), ({"deleted": True}, "treatment_cancelled")),
        verticals=("dental",),
    ),
    "declined_service": Case(
        _declined,
        {"two_days": "2026-03-03 10:00", "one_week": "2026-03-09 10:00", "one_month": "2026-04-01 10:00"},
        ((_line("done"), "work_done"), ({"deleted": True}, "declined_cancelled")),
        verticals=("auto",),
    ),
    "service_due": Case(
        _service, {"two_weeks_before": "2026-03-03 10:00", "due": "2026-03-17 10:00"}, (_SOLD,), verticals=("auto",)
    ),
    "inspection_due": Case(
        _inspection,
        {"six_weeks_before": "2026-03-06 10:00"},
        (_SOLD, ({"registration_ends_on": date(2027, 4, 20)}, "inspection_moved")),
        verticals=("auto",),
    ),
    "birthday": Case(_nothing, {"on_the_day": "2026-03-04 08:00"}, person={"birth_month": 3, "birth_day": 4}),
    "newsletter": Case(_nothing, {"on_the_day": "2026-03-04 10:00"}, settings={"send_on": "2026-03-04", **_WORDS}),
    "promotion": Case(
        _nothing,
        {"on_the_day": "2026-03-05 10:00"},
        settings={"send_on": "2026-03-05", "offer": {"text": "Ten off", "expires_on": "2026-04-30"}, **_WORDS},
    ),
    "seasonal": Case(_nothing, {"spring": "2026-03-06 10:00"}, settings={"dates": {"spring": "03-06"}}),
}  # fmt: skip
CALENDAR: Final = ("newsletter", "promotion", "seasonal")
"""They concern everybody, so that a welcome would always find another mail: switched on last."""


async def switch_on_catalogue(practice: Practice, types: list[str]) -> None:
    """Switch these types on with the settings of their cases."""
    for slug in types:
        answer = await practice.switch_on(slug, dict(CASES[slug].settings))
        assert answer.status_code == 201, (slug, answer.text)


async def planned(
    practice: Practice, slug: str, person: UUID, trigger_id: UUID | None
) -> dict[str, tuple[str, str, str | None]]:
    """Return local due time, state and reason by step of a person's touches of one type, and of one record where there is one."""
    rows = await practice.rows(
        "select step, due_local, state, reason from touches where campaign_type = $1 and consumer_id = $2 "
        "and ($3::uuid is null or trigger_id = $3) and cycle <> 'earlier' order by due_at",
        slug,
        person,
        None if slug == "reactivation" else trigger_id,  # that one is named by the person
    )
    return {row["step"]: (f"{row['due_local']:%Y-%m-%d %H:%M}", row["state"], row["reason"]) for row in rows}
