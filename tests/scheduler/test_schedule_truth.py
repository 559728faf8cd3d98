"""Generated schedules: over zones, a whole year and every clock change nothing leaves outside the window, twice, or after its use."""

import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.open_days import draw_open_days
from services.scheduler.domain.zone_data import first_difference, moments_ahead
from services.scheduler.store.locations import read_offsets
from shared.kit.clock import ManualClock
from shared.schemas.location import WEEKDAYS, LocationFacts, OpenHours
from tests.fixtures.builders import build_location
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

YEAR = 2026


def one_zone_of_each_kind() -> list[str]:
    """Return every zone there is; of those whose clocks agree all year, looked at each half day, only the first by name."""
    moments = [datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(hours=12 * n) for n in range(2 * 365)]
    seen: dict[tuple[timedelta | None, ...], str] = {}
    for name in sorted(
        name for name in available_timezones() if "/" in name
    ):  # of the others every one has such a name, too
        zone = ZoneInfo(name)
        seen.setdefault(tuple(moment.astimezone(zone).utcoffset() for moment in moments), name)
    return sorted(seen.values())


HOURS = [OpenHours(weekday=day, opens=time(8), closes=time(17)) for day in WEEKDAYS[:5]]


@given(
    weekdays=st.sets(st.sampled_from(WEEKDAYS), min_size=0),
    closures=st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=40),
)
def test_every_day_leads_to_the_nearest_open_days(weekdays: set[str], closures: set[date]) -> None:
    """N-53: back_to and forward_to are open, on their side, with no open day between."""
    hours = [OpenHours(weekday=day, opens=time(9), closes=time(10)) for day in WEEKDAYS if day in weekdays]
    days = draw_open_days(hours, closures, first=date(2026, 1, 20), last=date(2026, 2, 10))
    assert [row.day for row in days] == [date(2026, 1, 20) + timedelta(days=n) for n in range(22)]

    def is_open(day: date) -> bool:
        return WEEKDAYS[day.weekday()] in weekdays and day not in closures

    for row in days:
        for to, sign in ((row.back_to, -1), (row.forward_to, 1)):
            if to is None:
                assert not any(is_open(row.day + timedelta(days=sign * n)) for n in range(32))
            else:
                distance = sign * (to - row.day).days
                assert is_open(to)
                assert not any(is_open(row.day + timedelta(days=sign * n)) for n in range(distance))


async def test_due_times_hold_in_every_zone_all_year(clock: ManualClock, neighbours: Neighbours) -> None:
    """I16, N-48, N-53: every zone, appointments of a whole year and visits: due inside the window on an open day, before it loses its use."""
    practice = await open_practice(clock, neighbours)
    places = []
    for zone in one_zone_of_each_kind():
        place = build_location(practice.subscriber.subscriber_id, zone=zone, hours=HOURS, closures=[date(2026, 12, 25)])
        places.append(place)
        await practice.push(place)
        for kind in ("appointment_reminder", "visit_thanks"):
            settings = {"steps": {"two_hours": True}} if kind == "appointment_reminder" else None
            assert (await practice.switch_on(kind, settings, place.location_id)).status_code == 201
    dice = random.Random(20260302)
    start = practice.clock.now()
    for place in places:
        for _ in range(12):
            person = practice.person(location_id=place.location_id)
            ahead = start + timedelta(minutes=dice.randrange(60 * 24 * 30, 60 * 24 * 365))
            practice.appointment(person, ahead, location_id=place.location_id)
            practice.visit(person, start - timedelta(minutes=dice.randrange(60 * 20)), location_id=place.location_id)
    await practice.run("follow_ingest", "plan")
    rows = await practice.rows(
        "select *, due_at at time zone zone as local, about_at at time zone zone as about from touches where state = 'planned'"
    )
    assert {row["zone"] for row in rows} == {place.zone for place in places}
    agreed = await _zones_agreed_on(practice, places)
    assert len(agreed) > len(places) - 5
    assert len(rows) > 30 * len(places)
    for row in rows:
        local, about = row["local"], row["about"]
        assert local == row["due_local"]
        if row["zone"] in agreed:
            assert local == row["due_at"].astimezone(ZoneInfo(row["zone"])).replace(tzinfo=None)
        assert time(8) <= local.time() < time(20)
        assert local.weekday() < 5
        assert (local.month, local.day) != (12, 25)
        assert start < row["due_at"] < row["useful_until"]
        if row["campaign_type"] == "appointment_reminder":
            assert row["useful_until"] <= row["about_at"]
            days = {"two_weeks": 14, "three_days": 3, "day_before": 1, "two_hours": 0}[row["step"]]
            assert local.date() <= about.date() - timedelta(days=days)
        else:
            assert local.date() > about.date()
    counts = Counter((row["consumer_id"], row["cycle"], row["step"]) for row in rows)
    assert set(counts.values()) == {1}


async def _zones_agreed_on(practice: Practice, places: list[LocationFacts]) -> set[str]:
    """Return the zones of which the server's time-zone data says the same as ours: a server may be older than the latest change (N-50)."""
    moments = moments_ahead(practice.clock.now())
    async with practice.scheduler.deps.worker_db.transaction() as connection:
        offsets = {place.zone: await read_offsets(connection, place.zone, moments) for place in places}
    return {zone for zone, given in offsets.items() if first_difference(zone, moments, given) is None}


def test_where_two_bodies_of_zone_data_part_is_found() -> None:
    """N-50: the same data differs nowhere; one that has missed a change differs from then on."""
    moments = moments_ahead(datetime(2026, 3, 2, 12, tzinfo=UTC))
    zone = ZoneInfo("Europe/Madrid")
    right = [moment.astimezone(zone).utcoffset() or timedelta() for moment in moments]
    assert first_difference("Europe/Madrid", moments, right) is None
    winter = [timedelta(hours=1)] * len(moments)
    found = first_difference("Europe/Madrid", moments, winter)
    assert found is not None
    assert date(2026, 3, 29) < found.date() <= date(2026, 4, 5)


async def test_a_month_with_jumps_and_changes_keeps_every_promise(practice: Practice) -> None:
    """I16, I17, N-02: clock jumps, cancellations, moves and families; one mail an address and day, in the window, never twice, never late."""
    dice = random.Random(7)
    boxes = [f"family{number}@example.com" for number in range(6)]
    people = [practice.person(f"P{number}", boxes[number % 6]) for number in range(12)]
    booked: dict[UUID, UUID] = {}
    answered = 0
    for _ in range(45):
        practice.clock.move(timedelta(minutes=dice.choice((7, 45, 180, 420, 600, 25 * 60))))
        now = practice.clock.now()
        for person in dice.sample(people, 3):
            start = now + timedelta(hours=dice.randrange(2, 24 * 16))
            status = "cancelled" if dice.random() < 0.2 else "booked"
            booked[person] = practice.appointment(
                person, start, id=booked.get(person) if dice.random() < 0.6 else None, status=status
            )
            if dice.random() < 0.3:
                practice.visit(person, now - timedelta(hours=dice.randrange(30)))
        await practice.run("follow_ingest", "plan", "group", "submit", "follow_mailer")
        for message in practice.messages[answered:]:
            assert message.due_at <= now < message.useful_until
            assert time(8) <= now.astimezone(practice.zone).time() < time(20)
            practice.outcome(message, "sent")
        answered = len(practice.messages)
    await practice.run("follow_mailer")
    assert answered > 20
    sent = await practice.rows(
        "select m.address_key, m.local_day, count(*) as n from messages m where m.counts group by 1, 2"
    )
    assert {row["n"] for row in sent} == {1}
    twice = Counter(touch.touch_id for message in practice.messages for touch in message.touches)
    assert set(twice.values()) == {1}
    told = await practice.rows(
        "select consumer_id, campaign_type, step, cycle, count(*) as n from touches where state = 'sent' group by 1, 2, 3, 4"
    )
    assert {row["n"] for row in told} == {1}
    silent = await practice.rows(
        "select count(*) as n from touches where state in ('held', 'skipped', 'cancelled', 'expired') and reason is null"
    )
    assert silent[0]["n"] == 0
    unexplained = await practice.rows(
        "select count(*) as n from touches t where not exists (select from decisions d where d.touch_id = t.touch_id and d.state = t.state)"
    )
    assert unexplained[0]["n"] == 0
