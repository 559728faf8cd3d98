"""Golden cases of the catalogue: every campaign type, its steps, its stops and every situation that it must or must not mind.

One practice a vertical holds all cases at once, a person each: what is looked at is one type's touches of one person.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest

from services.scheduler.domain.situations import SITUATIONS, Situation
from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.catalogue import CALENDAR, CASES, planned, switch_on_catalogue
from tests.scheduler.due_world import put_recare, put_vehicle
from tests.scheduler.practice import Practice, open_practice

VERTICALS: Final = ("dental", "auto")


async def _open(clock: ManualClock, neighbours: Neighbours, vertical: str) -> tuple[Practice, list[str]]:
    practice = await open_practice(clock, neighbours, vertical=vertical)
    types = [slug for slug, case in CASES.items() if vertical in case.verticals]
    await switch_on_catalogue(practice, [slug for slug in types if slug not in CALENDAR])
    return practice, types


async def _plan(practice: Practice) -> None:
    await practice.run("follow_ingest", "plan")


async def _go_on_with_the_calendar(practice: Practice, types: list[str]) -> None:
    await switch_on_catalogue(practice, [slug for slug in types if slug in CALENDAR])
    await _plan(practice)


def test_every_type_has_its_case(clock: ManualClock) -> None:
    """S-003: a type without a case is not shown to keep its rules."""
    from services.scheduler import campaigns
    from shared.kit.plugins import find_plugins

    types = find_plugins(campaigns, "CAMPAIGN_TYPE")
    assert set(types) == set(CASES)
    assert all(set(types[slug].verticals) == set(case.verticals) for slug, case in CASES.items())


@pytest.mark.parametrize("vertical", VERTICALS)
async def test_every_type_plans_its_steps_and_stops(clock: ManualClock, neighbours: Neighbours, vertical: str) -> None:
    """Domain 2.3, every row: trigger, timing, stops; N-41, N-45, N-58, N-61, N-68, N-74."""
    practice, types = await _open(clock, neighbours, vertical)
    people = {slug: practice.person(**CASES[slug].person) for slug in types}
    found = {slug: CASES[slug].sets_off(practice, person, {}) for slug, person in people.items()}
    stopping = [(slug, changes, reason) for slug in types for changes, reason in CASES[slug].stops]
    stopped = [practice.person(**CASES[slug].person) for slug, _, _ in stopping]
    records = [
        CASES[slug].sets_off(practice, person, {}) for person, (slug, _, _) in zip(stopped, stopping, strict=True)
    ]
    await _plan(practice)
    welcomed = await planned(practice, "welcome", people["welcome"], None)
    await _go_on_with_the_calendar(practice, types)
    for slug in types:
        touches = await planned(practice, slug, people[slug], found[slug]) if slug != "welcome" else welcomed
        assert {step: due for step, (due, _, _) in touches.items()} == dict(CASES[slug].due), slug
        assert {touch[1:] for touch in touches.values()} == {("planned", None)}, slug
    for person, record, (slug, changes, _) in zip(stopped, records, stopping, strict=True):
        CASES[slug].sets_off(practice, person, {"id": record, **changes})
    await _plan(practice)
    for person, record, (slug, _, reason) in zip(stopped, records, stopping, strict=True):
        touches = await planned(practice, slug, person, record)
        assert {touch[1:] for touch in touches.values()} == {("cancelled", reason)}, (slug, reason)


@dataclass(frozen=True)
class Making:
    """How a person comes into a situation: facts of the person, changes of the starting record, or more records.

    `implies`: situations that hold as well, because they follow from the same records.
    """

    person: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: Callable[[Practice, UUID], object] = lambda practice, person: None
    implies: tuple[Situation, ...] = ()


def _five_vehicles(practice: Practice, person: UUID) -> None:
    for _ in range(5):
        put_vehicle(practice, person)


_VISITED: Final = {
    slug: {"total_cents": 0} for slug, case in CASES.items() if case.sets_off.__qualname__.startswith("_visit.")
}
MAKING: Final[dict[Situation, Making]] = {
    "booked_ahead": Making(more=lambda p, person: p.appointment(person, "2026-06-01 09:00"), implies=("other_mail",)),
    "visited_lately": Making(more=lambda p, person: p.visit(person, "2026-02-20 09:00"), implies=("been_before",)),
    "is_fleet": Making(more=_five_vehicles),
    "is_minor": Making(person={"minor_until": date(2030, 1, 1)}),
    "asked_to_confirm": Making(
        changes={"appointment_reminder": {"status": "booked"}},
        more=lambda p, person: p.appointment(person, "2026-06-01 09:00"),
        implies=("booked_ahead", "other_mail"),
    ),
    "reminded_soon": Making(
        changes={"appointment_booked": {"starts": "2026-03-10 09:00"}},
        more=lambda p, person: p.appointment(person, "2026-03-11 09:00", booked_at=None),
        implies=("booked_ahead", "other_mail"),
    ),
    "other_mail": Making(person={"birth_month": 3, "birth_day": 4}),
    "been_before": Making(more=lambda p, person: p.visit(person, "2024-01-10 09:00")),
    "first_visit": Making(changes={"referral_invite": {"been_before": False}}),
    "no_charge": Making(changes=_VISITED),
    "recare_running": Making(more=lambda p, person: put_recare(p, person, date(2026, 4, 1)), implies=("other_mail",)),
}
"""`had_same_lately` needs a mail that went out before, `not_in_audience` a campaign with an audience, `asked_another_time` an answer: they have their
own tests."""

_ONLY_WHERE: Final[dict[Situation, frozenset[str]]] = {
    "no_charge": frozenset(_VISITED),
    "first_visit": frozenset(("referral_invite",)),
    "asked_to_confirm": frozenset(("appointment_reminder",)),
    "reminded_soon": frozenset(("appointment_booked",)),
}
"""Situations of one kind of record: other types' people are not in them, whatever else the making does to them."""
_NO_LONGER_AWAY: Final = ("reactivation", "visited_lately")


@pytest.mark.parametrize("vertical", VERTICALS)
async def test_every_type_minds_its_situations_and_no_other(
    clock: ManualClock, neighbours: Neighbours, vertical: str
) -> None:
    """Domain 2.2 rule 7 and 2.3, N-46, N-63, N-73, L-122: situation by kind, every cell; the first that holds is on file as the reason."""
    practice, types = await _open(clock, neighbours, vertical)
    kinds = practice.scheduler.deps.types
    assert set(MAKING) | {"had_same_lately", "not_in_audience", "asked_another_time"} == set(SITUATIONS)
    cells: dict[tuple[str, Situation], tuple[UUID, UUID | None]] = {}
    for slug in types:
        for situation, making in MAKING.items():
            if situation == "recare_running" and vertical == "auto":
                continue
            guardian = (
                {"recipient_id": practice.person("Eve", "eve@example.com")} if "minor_until" in making.person else {}
            )
            person = practice.person(**dict(CASES[slug].person) | making.person | guardian)
            record = CASES[slug].sets_off(practice, person, dict(making.changes.get(slug, {})))
            if (slug, situation) != ("recare_due", "recare_running"):  # its own case is that already
                making.more(practice, person)
            cells[slug, situation] = (person, record)
    await _plan(practice)
    early = {cell: await planned(practice, cell[0], *found) for cell, found in cells.items() if cell[0] == "welcome"}
    await _go_on_with_the_calendar(practice, types)
    wrong = []
    for (slug, situation), found in cells.items():
        touches = early.get((slug, situation)) or await planned(practice, slug, *found)
        holding = {situation} if slug in _ONLY_WHERE.get(situation, types) else set()
        holding |= set(MAKING[situation].implies)
        reason = next((name for name in kinds[slug].skips if name in holding), None)
        if slug == "appointment_reminder" and situation == "asked_to_confirm":
            touches.pop("day_before")  # nobody asks to confirm on that day
        expected = (
            set() if (slug, situation) == _NO_LONGER_AWAY else {("skipped", reason) if reason else ("planned", None)}
        )
        if {touch[1:] for touch in touches.values()} != expected:
            wrong.append((slug, situation, expected, touches))
    assert not wrong, "\n".join(map(str, wrong))


_EARLIER: Final = """
insert into touches (
    subscriber_id, touch_id, campaign_id, campaign_type, location_id, step, cycle, consumer_id, trigger_id, kind, counts, rank, about_at, zone,
    planned_local, due_local, due_at, next_at, useful_until, state, rule_version, final_at)
select subscriber_id, gen_random_uuid(), campaign_id, campaign_type, location_id, step, 'earlier', consumer_id, gen_random_uuid(), kind, counts, rank,
    about_at, zone, planned_local - $3 * interval '1 day', due_local, due_at, next_at, useful_until, 'sent', rule_version, due_at
from touches where consumer_id = $1 and campaign_type = $2 order by due_at limit 1
"""
"""A mail of the same campaign that went out so many days before."""


@pytest.mark.parametrize("vertical", VERTICALS)
async def test_what_went_out_lately_is_not_repeated_and_may_be_once_the_gap_is_over(
    clock: ManualClock, neighbours: Neighbours, vertical: str
) -> None:
    """Catalogue: a survey once in 90 days, a review request in 180, news once in 28; types without a gap do not mind."""
    practice, types = await _open(clock, neighbours, vertical)
    kinds = practice.scheduler.deps.types
    people: dict[tuple[str, bool], tuple[UUID, UUID | None]] = {}
    for slug in types:
        for is_long_ago in (False, True):
            person = practice.person(**CASES[slug].person)
            people[slug, is_long_ago] = (person, CASES[slug].sets_off(practice, person, {}))
    await _plan(practice)
    await _go_on_with_the_calendar(practice, types)
    for (slug, is_long_ago), (person, _) in people.items():
        gap = kinds[slug].defaults.get("gap_days", 20)
        await practice.rows(_EARLIER, person, slug, gap + 1 if is_long_ago else gap - 1)
        practice.person(**dict(CASES[slug].person) | {"id": person, "language": "es"})
    await _plan(practice)
    for (slug, is_long_ago), found in people.items():
        if slug == "welcome":
            continue
        touches = await planned(practice, slug, *found)
        minds = "had_same_lately" in kinds[slug].skips and not is_long_ago
        expected = ("skipped", "had_same_lately") if minds else ("planned", None)
        assert {touch[1:] for touch in touches.values()} == {expected}, (slug, is_long_ago)
