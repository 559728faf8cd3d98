"""What falls due: recare cycles, service by time or mileage, declined work and treatment, each with why it is due on its day.

The campaign types stand in due_world.py: what is tested is what every type of these triggers is planned by.
"""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from services.scheduler.domain.campaign_step import ContradictoryRulesError
from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.due_world import RECARE, TYPES, put_line, put_reading, put_recare, put_vehicle
from tests.scheduler.practice import Practice, open_practice


@pytest.fixture
async def shop(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a live practice with these types switched on. It is Monday 2026-03-02, 07:00 in Los Angeles."""
    made = await open_practice(clock, neighbours)
    made.scheduler.deps.types.update({kind.slug: kind for kind in TYPES})
    for kind in TYPES:
        assert (await made.switch_on(kind.slug)).status_code == 201
    return made


async def _plan(practice: Practice, local: str | None = None) -> None:
    if local:
        practice.clock.set(practice.at(local))
    await practice.run("follow_ingest", "plan")


async def _why(practice: Practice, person: UUID) -> str:
    return str((await practice.reasons(person))["touches"][-1]["explanation"])


async def test_a_recare_date_recalculated_every_night_keeps_its_series(shop: Practice) -> None:
    """N-61: ten nights, a day each: the step that went out is not repeated, the next follows the date; the date says where it comes from."""
    ana = shop.person()
    recare = put_recare(shop, ana, date(2026, 4, 1))
    await _plan(shop)
    assert await shop.due(ana) == {
        "month_before": "2026-03-02 10:00",
        "week_before": "2026-03-25 10:00",
        "after": "2026-04-15 10:00",
    }
    await shop.rows("update touches set state = 'sent' where step = 'month_before'")
    for night in range(1, 11):
        shop.clock.move(timedelta(days=1))
        put_recare(shop, ana, date(2026, 4, 1) + timedelta(days=night), id=recare)
        await _plan(shop)
    touches = await shop.touches(ana)
    assert touches["month_before"] == ("sent", None)
    assert touches["week_before"] == ("planned", None)
    assert len([step for step in touches if step.startswith("month_before")]) == 1
    assert (await shop.due(ana))["week_before"] == "2026-04-06 10:00"
    assert "2026-04-11 as the recare date (prophylaxis); the cycle began with 2026-04-01." in await _why(shop, ana)


async def test_a_date_recalculated_into_the_past_does_not_lose_the_step_of_the_day(shop: Practice) -> None:
    """N-61, N-46: the step was planned for tomorrow; moved back by two days it goes at once instead of never."""
    ana = shop.person()
    recare = put_recare(shop, ana, date(2026, 3, 10))
    await _plan(shop)
    put_recare(shop, ana, date(2026, 3, 8), id=recare)
    await _plan(shop)
    assert (await shop.touches(ana))["week_before"] == ("planned", None)
    assert (await shop.due(ana))["week_before"] == "2026-03-02 10:00"


async def test_a_visit_begins_the_next_cycle(shop: Practice) -> None:
    """N-61: the date moved on by an interval: another cycle, in time planned with all its steps."""
    ana = shop.person()
    recare = put_recare(shop, ana, date(2026, 4, 1))
    await _plan(shop)
    put_recare(shop, ana, date(2026, 10, 1), id=recare)
    await _plan(shop)
    assert set((await shop.touches(ana)).values()) == {("cancelled", "recare_moved")}
    await _plan(shop, "2026-08-20 07:00")
    rows = await shop.rows("select cycle from touches where state = 'planned'")
    assert {row["cycle"] for row in rows} == {"prophylaxis@2026-10-01"}


async def test_two_types_of_recare_make_one_series(shop: Practice) -> None:
    """N-62: the earlier date speaks for the person."""
    ana = shop.person()
    put_recare(shop, ana, date(2026, 4, 8))
    put_recare(shop, ana, date(2026, 4, 1), recare_kind="perio")
    await _plan(shop)
    rows = await shop.rows("select distinct cycle from touches where state = 'planned'")
    assert [row["cycle"] for row in rows] == ["perio@2026-04-01"]


async def test_a_date_years_past_starts_nothing(shop: Practice) -> None:
    """N-64: no five overdue steps at go-live."""
    ana = shop.person()
    put_recare(shop, ana, date(2022, 5, 1), historic=True)
    await _plan(shop)
    assert await shop.touches(ana) == {}


async def test_a_disabled_recare_and_a_deleted_one_stop_the_series(shop: Practice) -> None:
    """Catalogue recare_due: disabled or gone from the source."""
    ana, bo = shop.person(), shop.person()
    first, second = put_recare(shop, ana, date(2026, 4, 1)), put_recare(shop, bo, date(2026, 4, 1))
    await _plan(shop)
    put_recare(shop, ana, date(2026, 4, 1), id=first, status="disabled")
    shop.ingest.feed.put(shop.subscriber.subscriber_id, "recare_due", second, None)
    await _plan(shop)
    assert set((await shop.touches(ana)).values()) == {("cancelled", "recare_disabled")}
    assert set((await shop.touches(bo)).values()) == {("cancelled", "recare_cancelled")}


async def test_an_appointment_ahead_or_a_visit_lately_covers_what_is_due(shop: Practice) -> None:
    """N-63, rule 1 of the catalogue: each skip is on file with its reason, and lifts when the appointment is cancelled."""
    booked, seen = shop.person(), shop.person()
    for person in (booked, seen):
        put_recare(shop, person, date(2026, 4, 8))
    appointment = shop.appointment(booked, "2026-04-20 09:00")
    shop.visit(seen, "2026-02-27 09:00")
    await _plan(shop)
    assert set((await shop.touches(booked)).values()) == {("skipped", "booked_ahead")}
    assert set((await shop.touches(seen)).values()) == {("skipped", "visited_lately")}
    shop.appointment(booked, "2026-04-20 09:00", id=appointment, status="cancelled")
    await _plan(shop)
    assert set((await shop.touches(booked)).values()) == {("planned", None)}


async def test_service_is_due_by_time_or_by_mileage_whichever_comes_first(shop: Practice) -> None:
    """S-001, N-66, N-67: one reading: time; a hundred miles a day: mileage, a typing error ignored; each says why."""
    slow, fast, metric = shop.person(), shop.person(), shop.person()
    for person in (slow, fast, metric):
        shop.visit(person, "2026-01-26 09:00")
    put_vehicle(shop, slow, ("2026-01-26", 40_000))
    camry = put_vehicle(shop, fast, ("2025-10-18", 30_000), ("2025-12-07", 35_000), ("2026-01-26", 40_000))
    put_reading(shop, camry, "2025-11-11", 1_203_000)
    put_vehicle(shop, metric, ("2025-10-18", 30_000), ("2026-01-26", 46_093), unit="km")
    await _plan(shop)
    assert await shop.touches(slow) == {}
    assert (await shop.due(fast))["due"] == "2026-03-17 10:00"
    assert (await shop.due(metric))["due"] == "2026-03-17 10:00"
    assert (
        "Due on 2026-03-17 by mileage: 5000 miles after the service of 2026-01-26 at 100.0 miles a day, told from 3 readings (1 ignored); "
        "by time it would be 2026-07-26."
    ) in await _why(shop, fast)
    await _plan(shop, "2026-07-20 07:00")
    assert (await shop.due(slow))["due"] == "2026-07-27 10:00"
    assert "by time: 6 months after the service of 2026-01-26; the odometer tells no pace." in await _why(shop, slow)


async def test_correcting_a_reading_moves_the_date_and_says_why(shop: Practice) -> None:
    """The same history gives the same date; the series is not begun again."""
    ana = shop.person()
    shop.visit(ana, "2026-01-26 09:00")
    camry = put_vehicle(shop, ana, ("2025-10-18", 30_000))
    last = put_reading(shop, camry, "2026-01-26", 40_000)
    await _plan(shop)
    assert (await shop.due(ana))["due"] == "2026-03-17 10:00"
    put_reading(shop, camry, "2026-01-26", 38_000, key=last)
    await _plan(shop)
    assert (await shop.due(ana))["due"] == "2026-03-30 10:00"
    assert "at 80.0 miles a day" in await _why(shop, ana)
    cycles = await shop.rows("select distinct cycle from touches")
    assert [row["cycle"] for row in cycles] == [f"{camry}@2026-01-26"]


async def test_a_sold_vehicle_and_one_of_a_new_owner_stop(shop: Practice) -> None:
    """N-68: the old owner gets no more mail about it; service and inspection alike."""
    ana, bo = shop.person(), shop.person()
    shop.visit(ana, "2026-01-26 09:00")
    readings = (("2025-10-18", 30_000), ("2026-01-26", 40_000))
    sold = put_vehicle(shop, ana, *readings, registration_ends_on=date(2026, 3, 30))
    given = put_vehicle(shop, ana, *readings)
    await _plan(shop)
    assert len(await shop.rows("select from touches where state = 'planned'")) == 5
    put_vehicle(shop, ana, id=sold, status="sold", registration_ends_on=date(2026, 3, 30))
    put_vehicle(shop, bo, id=given)
    await _plan(shop)
    rows = await shop.rows("select trigger_id, campaign_type, reason from touches where state = 'cancelled'")
    assert {(row["trigger_id"], row["reason"]) for row in rows} == {
        (sold, "vehicle_sold"),
        (given, "service_of_another"),
    }
    assert await shop.rows("select from touches where state = 'planned'") == []


async def test_declined_work_is_followed_up_by_safety_until_it_is_done(shop: Practice) -> None:
    """N-69: safety first after two days; done under another name of the same family ends it; a fleet is not written to."""
    ana, bo, fleet = shop.person(), shop.person(), shop.person()
    camry, civic = put_vehicle(shop, ana), put_vehicle(shop, bo)
    put_line(shop, ana, camry, "2026-03-01 12:00")
    put_line(shop, bo, civic, "2026-03-01 12:00", service_kind="oil_change")
    vans = [put_vehicle(shop, fleet) for _ in range(5)]
    put_line(shop, fleet, vans[0], "2026-03-01 12:00", service_kind="wipers")
    await _plan(shop)
    assert await shop.due(ana) == {"safety": "2026-03-03 10:00", "week": "2026-03-09 10:00"}
    assert await shop.due(bo) == {"week": "2026-03-09 10:00"}
    assert await shop.touches(fleet) == {"week": ("skipped", "is_fleet")}
    assert "The work was declined on 2026-03-01, a safety item and not done since." in await _why(shop, ana)
    put_line(shop, ana, camry, "2026-03-02 06:00", state="done", service_kind="brake_service")
    put_line(shop, bo, civic, "2026-03-02 06:00", state="done", service_kind="tires")
    await _plan(shop)
    assert set((await shop.touches(ana)).values()) == {("cancelled", "work_done")}
    assert await shop.touches(bo) == {"week": ("planned", None)}


async def test_recommended_treatment_is_a_line_without_a_vehicle(shop: Practice) -> None:
    """Catalogue unscheduled_treatment: ends when it is scheduled or done."""
    ana = shop.person()
    line = put_line(shop, ana, None, "2026-03-01 12:00", state="recommended", service_kind="crown")
    await _plan(shop)
    assert await shop.touches(ana) == {"week": ("planned", None)}
    put_line(shop, ana, None, "2026-03-01 12:00", state="approved", service_kind="crown", id=line)
    await _plan(shop)
    assert await shop.touches(ana) == {"week": ("cancelled", "work_done")}


async def test_a_date_far_ahead_waits_for_its_day_with_a_reason(shop: Practice) -> None:
    """I18: nothing is planned yet, the reason says so, and the day that brings it within reach plans it without any change of facts."""
    ana = shop.person()
    put_recare(shop, ana, date(2026, 8, 3))
    await _plan(shop)
    verdicts = {row["campaign_type"]: row["reason"] for row in (await shop.reasons(ana))["verdicts"]}
    assert (verdicts["a_recare"], verdicts["a_service"]) == ("not_due_yet", "service_none")
    await _plan(shop, "2026-06-15 07:00")
    assert (await shop.touches(ana))["month_before"] == ("planned", None)


async def test_a_feed_read_again_changes_nothing(shop: Practice) -> None:
    """Architecture 2: applying is idempotent, cycles and paces included."""
    ana = shop.person()
    shop.visit(ana, "2026-01-26 09:00")
    put_recare(shop, ana, date(2026, 4, 1))
    put_vehicle(shop, ana, ("2025-10-18", 30_000), ("2026-01-26", 40_000))
    await _plan(shop)
    before = await shop.rows("select touch_id, step, cycle, state, due_at, basis from touches order by 1")
    shop.ingest.feed.epoch = uuid4()
    await _plan(shop)
    assert await shop.rows("select touch_id, step, cycle, state, due_at, basis from touches order by 1") == before


def test_looking_ahead_needs_an_end_of_use() -> None:
    """Bad input: a type that plans weeks ahead and never loses its use is refused."""
    with pytest.raises(ContradictoryRulesError):
        replace(RECARE, useful_days=None, steps=RECARE.steps[:2])
