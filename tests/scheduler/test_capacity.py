"""Invitations flow as the calendar has room: nearer days first, never more than so many for a free visit, none when it is full (peers 4, 13)."""

import asyncio
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from services.scheduler.actions import group_due as grouping_of_due
from services.scheduler.actions.group_due import group_due
from services.scheduler.domain.capacity import HORIZON_DAYS, share_of
from shared.kit.clock import ManualClock
from shared.schemas.location import Capacity, OpenHours
from tests.fixtures.services import Neighbours
from tests.scheduler.due_world import put_line, put_recare, put_vehicle
from tests.scheduler.practice import Practice, open_practice
from tests.scheduler.test_decisions import decided

_TODAY = date(2026, 3, 2)
_OPEN_MINUTES = 540


@pytest.fixture
async def desk(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a practice with one chair, visits of an hour, two invitations a visit. It is Monday 2026-03-02, 07:00; open Monday to Friday 8 to 17."""
    made = await open_practice(clock, neighbours)
    await made.push_location(capacity=Capacity(chairs_or_bays=1, visit_minutes=60, invitations_per_visit=2))
    assert (await made.switch_on("recare_due")).status_code == 201
    return made


def _block(practice: Practice, free_hours: dict[int, int]) -> dict[int, UUID]:
    """Take every open day ahead but for so many hours, by days ahead; return the block of each day."""
    blocks = {}
    for ahead in range(1, HORIZON_DAYS + 8):
        day = _TODAY + timedelta(days=ahead)
        if day.weekday() < 5:
            minutes = _OPEN_MINUTES - 60 * free_hours.get(ahead, 0)
            blocks[ahead] = practice.appointment(None, f"{day} 08:00", minutes=minutes, status="block")
    return blocks


def _people(practice: Practice, count: int, due: date = date(2026, 3, 9)) -> list[UUID]:
    """Put so many people with a recare date; by default its first invitation is due on Monday at 10:00."""
    people = [practice.person() for _ in range(count)]
    for person in people:
        put_recare(practice, person, due)
    return people


async def test_twelve_free_hours_are_never_asked_for_more_than_twice_each(desk: Practice) -> None:
    """Twelve hours within three days, two invitations a visit: twenty-four go on Monday, and no more while they may still be taken up."""
    _block(desk, {1: 4, 2: 4, 3: 4})
    people = _people(desk, 40)
    await desk.run()
    await desk.move_to("2026-03-02 10:00")
    assert len(desk.messages) == 24
    for day in ("03", "04", "05", "06"):
        await desk.move_to(f"2026-03-{day} 10:00")
    assert len(desk.messages) == 24
    states = [next(iter((await desk.touches(person)).values())) for person in people]
    assert states.count(("planned", "moved_calendar_full")) == 16
    waiting = people[states.index(("planned", "moved_calendar_full"))]
    last = (await decided(desk, waiting))[-1]
    assert (last["decision"], last["record"]["kind"]) == ("moved", "location")
    assert "no room for more visits" in last["explanation"]


async def test_when_the_week_is_full_nobody_is_invited_and_a_cancellation_makes_room(desk: Practice) -> None:
    """The week stays full until a block of the next day goes: its nine hours are asked for twice each."""
    blocks = _block(desk, {})
    _people(desk, 40)
    await desk.run()
    await desk.move_to("2026-03-02 10:00")
    assert desk.messages == []
    desk.appointment(None, "2026-03-04 08:00", id=blocks[2], status="cancelled")
    await desk.run()
    await desk.move_to("2026-03-03 10:00")
    assert len(desk.messages) == 18


async def test_days_that_are_near_are_asked_for_before_those_that_are_far(desk: Practice) -> None:
    """The same nine hours, ten days ahead: five twelfths of them may be asked for, and every day that passes a little more."""
    _block(desk, {10: 9})
    _people(desk, 40)
    await desk.run()
    sent = []
    for day in ("02", "03", "04"):
        await desk.move_to(f"2026-03-{day} 10:00")
        sent.append(len(desk.messages))
    assert sent == [int(9 * share * 2) for share in (5 / 12, 6 / 12, 7 / 12)]


def test_the_share_of_a_day_falls_evenly_to_none() -> None:
    """Whole up to three days ahead, nothing today or beyond the horizon, and never rising with the distance."""
    shares = [share_of(ahead) for ahead in range(HORIZON_DAYS + 2)]
    assert shares[:4] == [0.0, 1.0, 1.0, 1.0]
    assert shares[-1] == 0.0
    assert all(nearer >= farther for nearer, farther in pairwise(shares[1:]))


async def test_what_could_not_be_sent_while_it_was_of_use_ends_with_the_reason(desk: Practice) -> None:
    """Full for weeks: the invitation waits from day to day, and when it would be of no use it is skipped (S-003)."""
    for ahead in range(1, 40):
        desk.appointment(None, f"{_TODAY + timedelta(days=ahead)} 08:00", minutes=_OPEN_MINUTES, status="block")
    (person,) = _people(desk, 1)
    await desk.run()
    for ahead in range(14):
        for moment in ("08:00", "10:00"):
            await desk.move_to(f"{_TODAY + timedelta(days=ahead)} {moment}")
    assert desk.messages == []
    assert (await desk.touches(person))["week_before"] == ("skipped", "calendar_full")


async def test_a_family_is_invited_whole_and_counts_for_each(desk: Practice) -> None:
    """Room for six: a family of four that was due first, and two of the five others."""
    _block(desk, {1: 3})
    for _ in range(4):
        put_recare(desk, desk.person(mailbox="lee@example.com"), date(2026, 3, 8))
    _people(desk, 5)
    await desk.run()
    await desk.move_to("2026-03-02 10:00")
    assert sorted(len(names) for _, names, _ in desk.mails()) == [1, 1, 4]


async def test_a_family_larger_than_all_there_may_be_fills_it(desk: Practice) -> None:
    """One free hour, two invitations: four of a family that is due first go in one mail, and nobody else; a full calendar holds them too."""
    blocks = _block(desk, {})
    for _ in range(4):
        put_recare(desk, desk.person(mailbox="lee@example.com"), date(2026, 3, 8))
    _people(desk, 5)
    await desk.run()
    await desk.move_to("2026-03-02 10:00")
    assert desk.messages == []
    desk.appointment(None, "2026-03-05 08:00", id=blocks[3], minutes=_OPEN_MINUTES - 60, status="block")
    await desk.run()
    await desk.move_to("2026-03-03 10:00")
    assert [len(names) for _, names, _ in desk.mails()] == [4]


async def test_what_lasts_for_days_takes_time_on_each(desk: Practice) -> None:
    """A chair that is out of use for two weeks, and a stay from one afternoon into the next morning."""
    desk.appointment(None, "2026-03-03 00:00", minutes=14 * 24 * 60, status="block")
    await desk.run()
    assert (await _capacity(desk))["free_visits"] == 0
    await desk.push_location(capacity=Capacity(chairs_or_bays=2))
    stay = desk.appointment(desk.person(), "2026-03-04 16:00", minutes=17 * 60)
    await desk.run()
    rows = (await _days(desk))[:3]
    assert [(row["day"][-2:], row["booked_minutes"]) for row in rows] == [("03", 540), ("04", 1080), ("05", 1080)]
    desk.appointment(desk.person(), "2026-03-04 16:00", id=stay, minutes=60)
    await desk.run()
    assert [row["booked_minutes"] for row in (await _days(desk))[:3]] == [540, 600, 540]


async def test_the_largest_location_is_counted(desk: Practice) -> None:
    """500 chairs, all day long: no figure overflows."""
    hours = [OpenHours(weekday="tue", opens=time(0), closes=time(23, 59))]
    largest = Capacity(chairs_or_bays=500, visit_minutes=10, invitations_per_visit=50)
    await desk.push_location(capacity=largest, hours=hours)
    _people(desk, 3)
    await desk.run()
    assert (await _capacity(desk))["free_visits"] == 2 * 500 * 1439 // 10
    await desk.move_to("2026-03-03 10:00")
    assert len(desk.messages) == 3


async def test_an_invitation_without_room_takes_nobody_elses_place(desk: Practice) -> None:
    """N-02: recare goes before a birthday, but not when it has to wait: the birthday mail goes on its day."""
    assert (await desk.switch_on("birthday")).status_code == 201
    _block(desk, {})
    put_recare(desk, desk.person(birth_month=3, birth_day=2), date(2026, 3, 9))
    await desk.run()
    await desk.move_to("2026-03-02 10:00")
    assert [slug.partition("_")[0] for _, _, slug in desk.mails()] == ["birthday"]


async def test_who_has_booked_takes_time_and_is_no_open_invitation_any_more(desk: Practice) -> None:
    """Two are invited for the one free hour; one books it: nothing is free, nothing more goes. It is cancelled: the hour is asked for again."""
    _block(desk, {2: 1})
    people = _people(desk, 10)
    await desk.run()
    await desk.move_to("2026-03-02 10:00")
    assert len(desk.messages) == 2
    states = {person: str(await desk.touches(person)) for person in people}
    invited = next(person for person, state in states.items() if "dispatched" in state)
    visit = desk.appointment(invited, "2026-03-04 08:00", minutes=60)
    await desk.run()
    capacity = await _capacity(desk)
    assert (capacity["free_visits"], capacity["open_invitations"], capacity["room"]) == (0, 1, 0)
    desk.appointment(invited, "2026-03-04 08:00", id=visit, status="cancelled")
    await desk.run()
    assert [(await _capacity(desk))[name] for name in ("free_visits", "open_invitations", "room")] == [1, 2, 0]


async def test_who_was_due_first_is_invited_first_however_many_wait(
    desk: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N-02: taken two by two, newest first on file: when there is room at last, those who are overdue longest get it."""
    monkeypatch.setattr(grouping_of_due, "_AT_ONCE", 2)
    blocks = _block(desk, {})
    people = [person for day in (11, 10, 9) for person in _people(desk, 3, date(2026, 3, day))]
    await desk.run()
    for day in ("02", "03", "04"):
        await desk.move_to(f"2026-03-{day} 10:00")
    desk.appointment(None, "2026-03-06 08:00", id=blocks[4], minutes=_OPEN_MINUTES - 120, status="block")
    await desk.run()
    await desk.move_to("2026-03-05 10:00")
    invited = [person for person in people if "dispatched" in str(await desk.touches(person))]
    assert len(invited) == 4
    assert set(people[-3:]) <= set(invited)


async def test_a_refused_invitation_frees_its_room(desk: Practice) -> None:
    """What bounced asks for nothing: another is invited in its place."""
    _block(desk, {3: 1})
    _people(desk, 10)
    await desk.run()
    await desk.move_to("2026-03-02 10:00")
    desk.outcome(desk.messages[0], "bounced", "hard")
    desk.outcome(desk.messages[1], "sent")
    await desk.run()
    await desk.move_to("2026-03-03 10:00")
    assert len(desk.messages) == 3


async def test_work_on_which_safety_depends_does_not_wait_for_a_free_bay(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """N-69, S-003: brakes are written about although the shop is full; wipers wait."""
    shop = await open_practice(clock, neighbours, vertical="auto")
    await shop.push_location(capacity=Capacity(chairs_or_bays=1))
    assert (await shop.switch_on("declined_service")).status_code == 201
    _block(shop, {})
    for kind in ("brake_pads", "wiper_blades"):
        ana = shop.person()
        put_line(shop, ana, put_vehicle(shop, ana), "2026-02-23 12:00", service_kind=kind)
    await shop.run()
    await shop.move_to("2026-03-02 10:00")
    assert len(shop.messages) == 1
    assert "rake" in str(shop.messages[0].fields)


async def test_a_location_that_does_not_tell_its_chairs_is_not_paced(desk: Practice) -> None:
    """Without a capacity everything goes as it falls due, and the report says so."""
    await desk.push_location(capacity=Capacity())
    _block(desk, {})
    _people(desk, 5)
    await desk.run()
    assert (await _capacity(desk))["is_paced"] is False
    await desk.move_to("2026-03-02 10:00")
    assert len(desk.messages) == 5


async def test_two_processes_at_once_do_not_fill_the_same_room_twice(desk: Practice) -> None:
    """Both group at the same moment; together they invite as many as one alone."""
    _block(desk, {1: 3})
    _people(desk, 60)
    await desk.run()
    now = desk.at("2026-03-02 10:00")
    desk.clock.set(now)
    deps = desk.scheduler.deps

    async def group() -> bool:
        return await group_due(deps.worker_db, types=deps.types, now=now, rules=deps.rules, most_open=20)

    for _ in range(5):
        await asyncio.gather(group(), group(), group())
    (row,) = await desk.rows("select count(*) as n from messages where state <> 'void'")
    assert row["n"] == 6


async def _capacity(practice: Practice) -> dict[str, int | bool]:
    answer = await practice.scheduler.http.get("/v1/reports/capacity", headers=practice.headers())
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    return dict(item)


async def _days(practice: Practice) -> list[dict[str, Any]]:
    path = f"/v1/reports/capacity/rows?location_id={practice.location.location_id}"
    answer = await practice.scheduler.http.get(path, headers=practice.headers())
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_the_report_is_the_sum_of_the_days_behind_it(desk: Practice) -> None:
    """S-006: free visits by day, and what follows from them; who waits for room is counted."""
    _block(desk, {1: 4, 2: 4, 10: 9})
    _people(desk, 40)
    await desk.run()
    await desk.move_to("2026-03-02 10:00")
    capacity = await _capacity(desk)
    days = await _days(desk)
    assert sum(day["free_visits"] for day in days) == capacity["free_visits"] == 17
    assert int(2 * sum(day["free_visits"] * day["share"] for day in days)) == capacity["may_be_open"] == 23
    assert (capacity["open_invitations"], capacity["room"], capacity["waiting"]) == (23, 0, 17)
