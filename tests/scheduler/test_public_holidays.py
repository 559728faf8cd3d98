"""Public holidays: closed days like Sundays, by the location's own country and region."""

from datetime import date

import pytest

from services.scheduler.domain.public_holidays import public_holidays
from shared.kit.clock import ManualClock
from shared.schemas.location import PostalAddress
from tests.fixtures.builders import build_location
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

BERLIN = PostalAddress(line1="Torstr. 1", city="Berlin", region="BE", postal_code="10119", country="DE")
MUNICH = PostalAddress(line1="Tal 1", city="München", region="Bayern", postal_code="80331", country="DE")


def in_state(region: str, country: str = "US") -> PostalAddress:
    """Return an address in a region."""
    return PostalAddress(line1="1 Main Street", city="Town", region=region, postal_code="00000", country=country)


def days(address: PostalAddress, year: int) -> set[str]:
    """Return the holidays of a year as month and day."""
    found = public_holidays(address, first=date(year, 1, 1), last=date(year, 12, 31))
    return {f"{day:%m-%d}" for day in found}


@pytest.mark.parametrize(
    ("address", "year", "are", "are_not"),
    [
        # 5 U.S.C. 6103: a holiday on a Saturday is observed the Friday before, one on a Sunday the Monday after.
        (in_state("NY"), 2026, {"07-03", "11-26", "12-25"}, {"03-31"}),
        (in_state("CA"), 2027, {"03-31", "07-05", "11-25", "11-26"}, set()),
        (in_state("california"), 2027, {"03-31"}, set()),
        (in_state("MA"), 2026, {"04-20"}, set()),  # Patriots' Day
        (BERLIN, 2026, {"03-08", "05-01", "10-03"}, {"01-06", "08-15"}),
        (MUNICH, 2026, {"01-06", "10-03"}, {"03-08"}),
        (in_state("SCT", "GB"), 2026, {"11-30"}, set()),
        (in_state("Somewhere"), 2026, {"11-26", "12-25"}, {"03-31", "04-20"}),
        (in_state("", "ZZ"), 2026, set(), {"01-01", "12-25"}),
    ],
)  # fmt: skip
def test_a_region_has_its_own_holidays(address: PostalAddress, year: int, are: set[str], are_not: set[str]) -> None:
    """N-53: by code or by name, with substitute days; the whole country's where the region is not known, none where nothing is known."""
    found = days(address, year)
    assert are <= found
    assert not found & are_not


def test_only_days_of_the_span_are_named() -> None:
    """N-53: across a year's end, both ends included."""
    found = public_holidays(in_state("TX"), first=date(2026, 12, 25), last=date(2027, 1, 1))
    assert {date(2026, 12, 25), date(2027, 1, 1)} <= found
    assert all(date(2026, 12, 25) <= day <= date(2027, 1, 1) for day in found)


async def reminded_on(practice: Practice, starts: str) -> str:
    """Return when the reminder of the day before goes."""
    person = practice.person()
    practice.appointment(person, starts)
    await practice.run()
    return (await practice.due(person))["day_before"]


async def test_a_reminder_rolls_back_around_a_holiday_and_a_thank_you_forward(practice: Practice) -> None:
    """N-53: the day before Tuesday, May 26 is Memorial Day, so the Friday before it; thanks for that Friday come on Tuesday."""
    practice.clock.set(practice.at("2026-05-04 07:00"))
    ana = practice.person()
    assert await reminded_on(practice, "2026-05-26 09:30") == "2026-05-22 10:00"
    practice.clock.set(practice.at("2026-05-22 16:00"))
    practice.visit(ana, "2026-05-22 15:00")
    await practice.run("follow_ingest", "plan")
    rows = await practice.rows("select due_local from touches where campaign_type = 'visit_thanks'")
    assert [f"{row['due_local']:%Y-%m-%d}" for row in rows] == ["2026-05-26"]


async def test_a_location_may_be_open_on_public_holidays(practice: Practice) -> None:
    """N-53: with `open_on_public_holidays` Memorial Day is a day like any other, also for what was planned before."""
    ana = practice.person()
    practice.appointment(ana, "2026-05-26 09:30")
    await practice.run()
    assert (await practice.due(ana))["day_before"] == "2026-05-22 10:00"
    await practice.push_location(open_on_public_holidays=True)
    await practice.run("plan")
    assert (await practice.due(ana))["day_before"] == "2026-05-25 10:00"


async def test_each_location_keeps_the_holidays_of_its_own_country(clock: ManualClock, neighbours: Neighbours) -> None:
    """N-53, N-51: October 3 is a holiday in Berlin and none in San Francisco; May 25 the other way round."""
    practice = await open_practice(clock, neighbours)
    berlin = build_location(practice.subscriber.subscriber_id, zone="Europe/Berlin", postal_address=BERLIN)
    await practice.push(berlin)
    await practice.run("plan")
    rows = await practice.rows(
        "select location_id, day, back_to from open_days where day in ('2026-05-25', '2026-05-01', '2026-12-25')"
    )
    closed = {(row["location_id"], f"{row['day']:%m-%d}") for row in rows if row["back_to"] != row["day"]}
    here = practice.location.location_id
    there = berlin.location_id
    # Whit Monday of 2026 falls on Memorial Day.
    assert closed == {(here, "05-25"), (there, "05-25"), (there, "05-01"), (here, "12-25"), (there, "12-25")}


async def test_business_days_skip_public_holidays(practice: Practice) -> None:
    """N-60, N-53: one business day after a Friday before Memorial Day is Tuesday, for a location that keeps the holiday."""
    await practice.switch_on("appointment_missed")
    practice.clock.set(practice.at("2026-05-22 07:00"))
    ana = practice.person()
    practice.appointment(ana, "2026-05-22 09:30", status="no_show")
    await practice.run()
    rows = await practice.rows("select due_local from touches where campaign_type = 'appointment_missed'")
    assert [f"{row['due_local']:%Y-%m-%d %H:%M}" for row in rows] == ["2026-05-26 10:00"]
