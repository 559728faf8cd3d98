"""Most types have nothing for most people: who is passed over is told before planning, and must never be somebody with a touch to plan."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from services.scheduler.actions import plan_people
from services.scheduler.store.reach import Concerned, Person, find_concerned, find_running_types
from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.catalogue import CASES, switch_on_catalogue
from tests.scheduler.due_world import put_line, put_recare, put_vehicle
from tests.scheduler.practice import Practice, open_practice

PEOPLE = 160
STATUSES = ("booked", "booked", "confirmed", "cancelled", "no_show", "completed")
TODAY = date(2026, 3, 2)
_DUMP = """
select t.consumer_id, t.campaign_type, t.step, t.cycle, t.state, t.reason, t.due_at, t.useful_until, t.rule_version,
    (select count(*) from decisions d where d.touch_id = t.touch_id) as decisions
from touches t order by 1, 2, 3, 4
"""


async def everybody(
    _: object, *, types: Mapping[str, object], people: Sequence[Person], running: Mapping[str, object], **__: object
) -> dict[str, Concerned]:
    """Stand in for `find_concerned`: nobody is passed over, and everybody is taken to have touches."""
    return {slug: Concerned(list(people), [True] * len(people)) for slug in types if slug in running}


def put_people(practice: Practice, random: Random) -> None:
    """Put people into the feed who have a little of everything, at times all over the year and often near today."""

    def day(nearest: int = 30, furthest: int = 500) -> date:
        reach = random.choice((nearest, nearest, 120, furthest))
        return TODAY + timedelta(days=random.randint(-reach, reach))

    def instant(**reach: int) -> str:
        return f"{day(**reach)} {random.randint(0, 23):02d}:{random.choice((0, 30)):02d}"

    for _ in range(PEOPLE):
        born = day()
        person = practice.person(birth_month=born.month, birth_day=born.day, historic=random.random() < 0.5)
        for _ in range(random.randint(0, 2)):
            status, booked = random.choice(STATUSES), practice.at(instant(nearest=5))
            deleted = random.random() < 0.1
            practice.appointment(person, instant(), status=status, booked_at=booked, deleted=deleted)
        for _ in range(random.randint(0, 2)):
            when = min(practice.at(instant(nearest=8)), practice.clock.now())
            practice.visit(person, when, historic=random.random() < 0.5)
        if random.random() < 0.4:
            put_recare(practice, person, day(), status=random.choice(("open", "open", "disabled")))
        car = None
        if random.random() < 0.5:
            readings = (("2025-10-18", 30_000), ("2026-01-26", 40_000))
            car = put_vehicle(practice, person, *readings, registration_ends_on=day())
            put_line(practice, person, car, instant(), state="done", service_kind="oil_change")
        if random.random() < 0.5:
            put_line(practice, person, car, instant(nearest=20), state=random.choice(("declined", "recommended")))


async def mark_all(practice: Practice) -> None:
    """Have everybody planned again."""
    await practice.rows(
        "insert into replans select subscriber_id, consumer_id, true from consumers on conflict do nothing returning consumer_id"
    )


@pytest.mark.parametrize("vertical", ["dental", "auto"])
async def test_nobody_is_passed_over_who_has_a_touch_to_plan(
    clock: ManualClock, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, vertical: str
) -> None:
    """S-120: planned for everybody whom a type may concern, then for everybody and every type: that adds and changes nothing."""
    practice = await open_practice(clock, neighbours, vertical=vertical)
    await switch_on_catalogue(practice, [slug for slug, case in CASES.items() if vertical in case.verticals])
    own: dict[str, Any] = {"steps": {"one_year": {"days": 100}}, "useful_days": 20}
    assert (await practice.edit("reactivation", settings=own)).status_code == 200
    put_people(practice, Random(vertical))
    await practice.run("follow_ingest")
    for days in (0, 1, 6, 25, 80):
        clock.set(practice.at("2026-03-02 07:00") + timedelta(days=days))
        for _ in range(2):  # a type of a better rank sees only the second time what the others have planned
            await mark_all(practice)
            await practice.run("plan")
        planned = await practice.rows(_DUMP)
        assert len({row["campaign_type"] for row in planned}) > 8
        with monkeypatch.context() as patched:
            patched.setattr(plan_people, "find_concerned", everybody)
            await mark_all(practice)
            await practice.run("plan")
        assert await practice.rows(_DUMP) == planned


async def test_only_types_with_a_record_in_reach_look_at_a_person(clock: ManualClock, neighbours: Neighbours) -> None:
    """A visit of last week concerns what follows visits and nothing else, somebody without records no type at all."""
    practice = await open_practice(clock, neighbours)
    await switch_on_catalogue(
        practice, ["appointment_reminder", "recare_due", "reactivation", "visit_thanks", "birthday"]
    )
    ana, ben = practice.person(), practice.person()
    practice.visit(ana, "2026-02-27 09:00")
    await practice.run("follow_ingest")
    deps = practice.scheduler.deps
    people = [(practice.subscriber.subscriber_id, person) for person in (ana, ben)]
    async with deps.worker_db.transaction() as connection:
        running = await find_running_types(connection, [practice.subscriber.subscriber_id])
        found = await find_concerned(connection, types=deps.types, running=running, people=people, now=clock.now())
    assert found == {"visit_thanks": Concerned([people[0]], [False])}
