"""Generated schedules: over zones, a whole year and every clock change nothing leaves outside the window, twice, or after its use."""

import random
from collections import Counter
from datetime import date, time, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.open_days import draw_open_days
from shared.kit.clock import ManualClock
from shared.schemas.location import WEEKDAYS, OpenHours
from tests.fixtures.builders import build_location
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

ZONES = (
    "America/Los_Angeles", "America/New_York", "America/St_Johns", "America/Phoenix", "America/Santiago", "Atlantic/Azores", "Europe/Dublin",
    "Europe/Madrid", "Africa/Casablanca", "Africa/Cairo", "Asia/Kathmandu", "Asia/Jerusalem", "Australia/Lord_Howe", "Pacific/Chatham",
    "Pacific/Apia", "Pacific/Kiritimati", "America/Nuuk", "Antarctica/Troll",
)  # fmt: skip
"""Half hours, three quarters, changes of half an hour and of two hours, changes on other days, and none at all."""

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
    """I16, N-48, N-53: 18 zones, 720 appointments and visits: each due time is inside the window on an open day, before it loses its use."""
    practice = await open_practice(clock, neighbours)
    places = []
    for zone in ZONES:
        place = build_location(practice.subscriber.subscriber_id, zone=zone, hours=HOURS, closures=[date(2026, 12, 25)])
        places.append(place)
        await practice.push(place)
        for kind in ("appointment_reminder", "visit_thanks"):
            settings = {"steps": {"two_hours": True}} if kind == "appointment_reminder" else None
            assert (await practice.switch_on(kind, settings, place.location_id)).status_code == 201
    dice = random.Random(20260302)
    start = practice.clock.now()
    for place in places:
        for _ in range(20):
            person = practice.person(location_id=place.location_id)
            ahead = start + timedelta(minutes=dice.randrange(60 * 24 * 30, 60 * 24 * 365))
            practice.appointment(person, ahead, location_id=place.location_id)
            practice.visit(person, start - timedelta(minutes=dice.randrange(60 * 20)), location_id=place.location_id)
    await practice.run("follow_ingest", "plan")
    rows = await practice.rows(
        "select *, due_at at time zone zone as local, about_at at time zone zone as about from touches where state = 'planned'"
    )
    assert len(rows) > 1000
    for row in rows:
        local, about = row["local"], row["about"]
        assert local == row["due_local"]
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
        await practice.run("follow_ingest", "plan", "dispatch", "follow_mailer")
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
