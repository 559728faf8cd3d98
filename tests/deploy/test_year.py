"""The simulated year: its people are the same for a seed, its judge misses nothing, and some days of it run through the real services."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from deploy.demo.businesses import BRIGHT_SMILE, CORNER_GARAGE, Business
from deploy.year.effect import find_wrong_effect, show_effect, true_effect
from deploy.year.judge import over_budget, told_wrongly
from deploy.year.life import Booking, Decline, Life, Person
from deploy.year.paced import over_capacity
from deploy.year.run import main
from deploy.year.sent import SentMessage, SentTouch
from shared.schemas.reports import Effect

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANN = UUID(int=1)


@pytest.mark.parametrize("business", [BRIGHT_SMILE, CORNER_GARAGE])
def test_a_seed_is_a_year(business: Business) -> None:
    """What a year found can be looked at again."""

    def live(seed: int) -> list[object]:
        life = Life(business, Random(seed))
        records: list[object] = list(life.first_records(30, NOW))
        for day in range(60):
            records += life.day_records(NOW + timedelta(days=day))
        return records

    assert live(1) == live(1)
    assert live(1) != live(2)


def _touch(kind: str, *, about: int, sent: int) -> SentTouch:
    at = NOW + sent * DAY
    return SentTouch(kind, "step", ANN, NOW + about * DAY, at, at.replace(tzinfo=None), UUID(int=9))


@pytest.mark.parametrize(
    ("touch", "finding"),
    [
        (_touch("appointment_reminder", about=9, sent=6), ""),
        (_touch("appointment_reminder", about=8, sent=6), "nothing is booked at that time"),
        (_touch("appointment_reminder", about=9, sent=9), "after the appointment began"),
        (_touch("appointment_booked", about=9, sent=0), "nothing is booked at that time"),
        (_touch("recare_due", about=30, sent=6), "something is booked"),
        (_touch("recare_due", about=30, sent=12), "came within the last week"),
        (_touch("recare_due", about=30, sent=30), ""),
        (_touch("declined_service", about=10, sent=12), ""),
        (_touch("declined_service", about=10, sent=40), "has been done"),
        (_touch("visit_thanks", about=10, sent=11), ""),
    ],
)
def test_what_was_not_so_when_it_was_said_is_found(touch: SentTouch, finding: str) -> None:
    """S-122, N-41, N-42: booked on day 1 for day 8, moved on day 3 to day 9, came, known on day 10; declined work done on day 35."""
    booking = Booking("A1", [(NOW + DAY, NOW + 8 * DAY, "booked"), (NOW + 3 * DAY, NOW + 9 * DAY, "booked")])
    booking.log.append((NOW + 10 * DAY, NOW + 9 * DAY, "completed"))
    person = Person("P1", "ann@example.com", date(2027, 1, 1), bookings=[booking])
    person.visits.append((NOW + 10 * DAY, NOW + 9 * DAY))
    person.declines.append(Decline("S1", NOW + 10 * DAY, NOW + 35 * DAY))
    found = list(told_wrongly([touch], {ANN: person}))
    assert [each.rpartition(": ")[2] for each in found] == ([finding] if finding else [])


def test_a_budget_that_was_exceeded_is_found() -> None:
    """I17: one mail a day that counts, four commercial ones in thirty days, for each address by itself."""
    day = date(2026, 12, 1)

    def mail(key: str, after: int, *, counts: bool = True, commercial: bool = False) -> SentMessage:
        return SentMessage(key, day + timedelta(days=after), counts, commercial)

    allowed = [mail("a", 0), mail("a", 0, counts=False), mail("b", 0)]
    assert list(over_budget([*allowed, *(mail("c", 10 * n, commercial=True) for n in range(9))])) == []
    assert list(over_budget([mail("a", 0), mail("a", 0)])) == ["2 mails to one address on 2026-12-01"]
    five = [mail("a", 7 * n, commercial=True) for n in range(5)]
    assert list(over_budget(five)) == ["5 commercial mails to one address from 2026-12-01 to 2026-12-29"]


def test_a_calendar_that_was_overfilled_is_found() -> None:
    """One chair, an hour a day from Monday to Friday, a visit an hour, one invitation each: six may be open on a Monday, not seven."""
    hours = [{"weekday": day, "opens": "08:00", "closes": "08:45"} for day in ("mon", "tue", "wed", "thu", "fri")]
    capacity = {"chairs_or_bays": 1, "visit_minutes": 45, "invitations_per_visit": 1}
    life = Life(replace(BRIGHT_SMILE, location={"hours": hours, "capacity": capacity}), Random(1))
    people = {UUID(int=n): Person(f"P{n}", f"p{n}@example.com", date(2027, 1, 1)) for n in range(9)}
    monday = datetime(2026, 12, 7, 18, tzinfo=UTC)

    def invited(count: int) -> list[SentTouch]:
        return [
            SentTouch("recare_due", "step", UUID(int=n), NOW, monday, monday.replace(tzinfo=None), UUID(int=100 + n))
            for n in range(count)
        ]

    assert list(over_capacity(life, invited(6), people)) == []
    assert list(over_capacity(life, invited(7), people)) == [
        "7 invitations open on 2026-12-07, where the calendar allowed 6"
    ]
    for n in range(2):
        people[UUID(int=n)].bookings.append(Booking(f"A{n}", [(NOW, monday + (n + 15) * DAY, "booked")]))
    assert list(over_capacity(life, invited(8), people)) == []


def test_some_days_run_through_the_real_services(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Few people and days: the table and no finding."""
    few = ["--patients", "12", "--vehicles", "0", "--days", "2", "--types", "recare_due"]
    assert main([*few, "--data", str(tmp_path / "year")]) == 0
    shown = capsys.readouterr().out
    assert "touches by kind and month" in shown
    assert "2 days in" in shown


@pytest.mark.parametrize(("reported", "findings"), [(0.5, 0), (0.35, 0), (0.9, 1)])
def test_what_mail_is_worth_is_held_against_who_came_for_it_alone(reported: float, findings: int) -> None:
    """Of four people told of a due date two are forgetful and came within the window; one came anyway, one much later."""
    people = {
        UUID(int=n): Person(f"P{n}", f"p{n}@example.com", date(2027, 1, 1), forgetful=n <= 2) for n in range(1, 5)
    }
    for number, day in ((1, 20), (2, 30), (3, 10), (4, 90)):
        people[UUID(int=number)].visits.append((NOW + day * DAY, NOW + day * DAY))
    touches = [
        replace(_touch("recare_due", about=30, sent=sent), consumer_id=each) for each in people for sent in (1, 40)
    ]
    effect = Effect(
        campaign_type="recare_due",
        window_days=60,
        mailed=4,
        mailed_returned=3,
        held_out=4,
        held_out_returned=1,
        difference=reported,
        lower=reported - 0.1,
        upper=reported + 0.1,
        confidence=0.95,
    )
    truth = true_effect(touches, people, effect, NOW + 100 * DAY)
    assert truth == 0.5
    assert len(find_wrong_effect(effect, truth)) == findings
    assert ("inside" in show_effect(effect, truth)) == (reported == 0.5)
    assert true_effect(touches, people, effect, NOW + 60 * DAY) is None
