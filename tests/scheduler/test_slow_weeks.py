"""The slow-week alert: next week against what is usual so long before, told once, with a campaign to start from (domain 2.1)."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.scheduler.domain.slow_weeks import Usual, WeekCount, find_usual, is_slow
from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

_NEXT_WEEK = date(2026, 3, 9)


@pytest.fixture
async def desk(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a live practice without any campaign. It is Monday 2026-03-02, 07:00 in Los Angeles."""
    return await open_practice(clock, neighbours)


def _book(practice: Practice, week_on: date, count: int, *, days_before: int = 20, **facts: Any) -> None:
    """Put so many appointments into a week, booked so many days before it began."""
    booked = week_on - timedelta(days=days_before)
    for number in range(count):
        day = week_on + timedelta(days=number % 5)
        values = {"booked_at": practice.at(f"{booked} 12:00")} | facts
        practice.appointment(practice.person(mailbox=None), f"{day} {8 + number // 5 % 9:02}:00", **values)


async def _morning(practice: Practice, local: str = "2026-03-02 08:30") -> list[dict[str, Any]]:
    """Let everything run, then look at the weeks in the morning; return what is listed."""
    await practice.run()
    practice.clock.set(practice.at(local))
    await practice.run("notice_slow_weeks")
    answer = await practice.scheduler.http.get("/v1/slow-weeks", headers=practice.headers())
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_week_with_fewer_appointments_than_a_year_before_is_noticed(desk: Practice) -> None:
    """Two earlier years had 30 and 34 by then; this one has 15."""
    _book(desk, _NEXT_WEEK, 15)
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 30, status="completed")
    _book(desk, _NEXT_WEEK - timedelta(weeks=104), 34, status="completed")
    (week,) = await _morning(desk)
    assert (week["week_on"], week["booked"], week["usual"]) == ("2026-03-09", 15, 32.0)
    assert (week["basis"], week["compared_weeks"]) == ("years", 2)
    assert week["explanation"].startswith("15 appointments are booked; at this time before, 32 were usual")


async def test_what_was_booked_later_than_now_does_not_count_for_the_years_before(desk: Practice) -> None:
    """Half of last year's week was booked in its last days: at this time before, it had no more than this one."""
    _book(desk, _NEXT_WEEK, 15)
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 15, status="completed")
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 15, days_before=3, status="completed")
    assert await _morning(desk) == []


async def test_without_earlier_years_the_last_weeks_are_the_measure_by_open_day(desk: Practice) -> None:
    """Twenty a week of five days, one of four (a public holiday); next week is open on three: twelve are usual, three are slow, eleven are not."""
    await desk.push_location(closures=[_NEXT_WEEK, _NEXT_WEEK + timedelta(days=1)])
    for weeks in range(1, 7):
        _book(desk, _NEXT_WEEK - timedelta(weeks=weeks), 20, status="completed")
    _book(desk, _NEXT_WEEK + timedelta(days=2), 3)
    (week,) = await _morning(desk)
    assert (week["booked"], week["usual"], week["basis"], week["compared_weeks"]) == (3, 12.5, "weeks", 6)
    _book(desk, _NEXT_WEEK + timedelta(days=2), 8)
    assert await _morning(desk, "2026-03-03 08:30") == []


async def test_a_week_with_closed_days_is_measured_by_the_days_that_are_open(desk: Practice) -> None:
    """Like with like: two of five days are open, so fourteen of last year's thirty-five are usual, and three are slow."""
    await desk.push_location(closures=[_NEXT_WEEK + timedelta(days=number) for number in range(3)])
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 35, status="completed")
    _book(desk, _NEXT_WEEK + timedelta(days=3), 3)
    (week,) = await _morning(desk)
    assert (week["booked"], week["usual"], week["basis"]) == (3, 14.0, "years")
    _book(desk, _NEXT_WEEK + timedelta(days=3), 11)
    assert await _morning(desk, "2026-03-03 08:30") == []


async def test_cancelled_appointments_count_nowhere(desk: Practice) -> None:
    """Thirty were booked and half were cancelled: it is a slow week."""
    _book(desk, _NEXT_WEEK, 15)
    _book(desk, _NEXT_WEEK, 15, status="cancelled")
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 30, status="completed")
    assert [week["booked"] for week in await _morning(desk)] == [15]


async def test_nothing_is_said_where_nothing_can_be_compared(desk: Practice) -> None:
    """N-53, S-126: no history, history that does not say when it was booked, a closed week, a stale source: silence rather than a guess."""
    _book(desk, _NEXT_WEEK, 2)
    assert await _morning(desk) == []
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 30, status="completed", booked_at=None)
    assert await _morning(desk, "2026-03-03 08:30") == []
    _book(desk, _NEXT_WEEK - timedelta(weeks=104), 30, status="completed")
    desk.source(desk.at("2026-03-01 08:00"))
    assert await _morning(desk, "2026-03-04 08:30") == []
    await desk.push_location(closures=[_NEXT_WEEK + timedelta(days=number) for number in range(5)])
    desk.source(desk.at("2026-03-05 08:00"))
    assert await _morning(desk, "2026-03-05 08:30") == []


async def test_the_location_is_told_once_by_mail(desk: Practice) -> None:
    """In its language, to where its answers go, while it is live; a mailer that cannot is asked again, the next morning says nothing new."""
    _book(desk, _NEXT_WEEK, 15)
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 32, status="completed")
    desk.mailer.is_silent = True
    assert len(await _morning(desk)) == 1
    desk.mailer.is_silent, desk.mailer.refuses = False, "platform_sender_missing"
    assert len(await _morning(desk, "2026-03-02 08:35")) == 1
    desk.mailer.refuses = None
    await desk.push_location(state="suspended")
    await _morning(desk, "2026-03-02 08:37")
    assert desk.mailer.account_mail == []
    await desk.push_location(state="live")
    assert len(await _morning(desk, "2026-03-02 08:40")) == 1
    assert len(await _morning(desk, "2026-03-03 08:30")) == 1
    (mail,) = desk.mailer.account_mail
    assert mail.address == desk.location.sender.reply_to
    assert mail.fields == {
        "week": {"begins": "March 9", "booked": 15, "usual": 32, "location": desk.location.name},
    }
    assert mail.useful_until == desk.at("2026-03-09 00:00")


async def test_what_is_proposed_can_be_posted_as_it_stands_and_sends_nothing(desk: Practice) -> None:
    """A draft in stock words for those who have not come for half a year, on the next open day; started, it keeps every rule of a promotion."""
    desk.visit(desk.person(), "2025-08-01 10:00")
    _book(desk, _NEXT_WEEK, 15)
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 32, status="completed")
    (week,) = await _morning(desk)
    proposal = week["proposal"]
    assert (proposal["type"], proposal["draft"], proposal["settings"]["send_on"]) == ("promotion", True, "2026-03-03")
    made = await desk.scheduler.http.post("/v1/campaigns", json=proposal, headers=desk.headers())
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    started = await desk.scheduler.http.patch(
        f"/v1/campaigns/{made.json()['campaign_id']}",
        json={"state": "active"},
        headers=desk.headers() | {"If-Match": made.headers["etag"]},
    )
    assert started.status_code == 200, started.text


async def test_the_words_of_the_last_promotion_are_proposed_again_without_its_offer(desk: Practice) -> None:
    """What the business wrote itself stands again; an offer that has ended does not, nor words that may speak of it."""
    words = {"headline": "Spring check", "text": "Come and see us."}
    settings = {"send_on": "2026-03-04", "words": words}
    assert (await desk.switch_on("promotion", settings)).status_code == 201
    _book(desk, _NEXT_WEEK, 15)
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 32, status="completed")
    (week,) = await _morning(desk)
    proposed = week["proposal"]["settings"]
    assert (proposed["words"], proposed["send_on"]) == (words, "2026-03-03")
    offered = settings | {"offer": {"text": "10 % off", "expires_on": "2026-03-05"}}
    assert (await desk.edit("promotion", settings=offered)).status_code == 200
    (week,) = await _morning(desk, "2026-03-02 09:00")
    proposed = week["proposal"]["settings"]
    assert ("offer" in proposed, proposed["words"]["headline"]) == (False, "We have time for you")


async def test_a_week_that_was_put_aside_is_not_listed_again_and_one_that_filled_up_neither(desk: Practice) -> None:
    """Dismissed by the front desk, and only its own: unknown and foreign weeks are not found."""
    _book(desk, _NEXT_WEEK, 15)
    _book(desk, _NEXT_WEEK - timedelta(weeks=52), 32, status="completed")
    (week,) = await _morning(desk)
    given = {"location_id": week["location_id"], "week_on": week["week_on"]}
    for status, wrong in ((404, {"week_on": "2026-03-16"}), (404, {"location_id": str(desk.subscriber.subscriber_id)})):
        answer = await desk.scheduler.http.post("/v1/slow-weeks/dismiss", json=given | wrong, headers=desk.headers())
        assert answer.status_code == status
    for _ in range(2):
        answer = await desk.scheduler.http.post("/v1/slow-weeks/dismiss", json=given, headers=desk.headers())
        assert answer.status_code == 204
    assert await _morning(desk, "2026-03-03 08:30") == []


def _weeks(coming: int, *others: tuple[int, int]) -> list[WeekCount]:
    return [WeekCount(0, coming, coming, coming, 5), *(WeekCount(back, n, n, n, 5) for back, n in others)]


@pytest.mark.parametrize(
    ("booked", "usual", "slow"),
    [
        (21, Usual(34.0, "years", 3), True),
        (28, Usual(34.0, "years", 3), False),
        (27, Usual(34.0, "years", 1), False),
        (80, Usual(100.0, "weeks", 8), True),
        (81, Usual(100.0, "weeks", 8), False),
        (1, Usual(4.0, "years", 3), False),
        (0, Usual(9.0, "weeks", 8), True),
    ],
)
def test_slow_is_a_fifth_less_and_more_than_chance(booked: int, usual: Usual, slow: bool) -> None:
    """A small practice with four a week is never told, a large one of a fifth."""
    assert is_slow(booked, usual) is slow


def test_earlier_years_go_before_the_last_weeks_and_three_weeks_are_too_few() -> None:
    """What is compared, and what is not enough to compare."""
    recent = tuple((back, 20) for back in range(1, 9))
    assert find_usual(_weeks(10, (52, 40), *recent)) == Usual(40.0, "years", 1)
    assert find_usual(_weeks(10, *recent)) == Usual(20.0, "weeks", 8)
    assert find_usual(_weeks(10, *recent[:3])) is None
    assert find_usual([WeekCount(0, 0, 0, 0, 0), *_weeks(10, *recent)[1:]]) is None
