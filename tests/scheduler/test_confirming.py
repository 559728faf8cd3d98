"""Confirming on the page behind a mail: what it shows, what it keeps, whom it tells, what it never does."""

from datetime import timedelta
from typing import Any

import pytest

from tests.scheduler.answering import DAY, Reader, list_requests, mail_one, mail_two_weeks_before, told
from tests.scheduler.practice import Practice


@pytest.fixture
async def practice(asking: Practice) -> Practice:
    """A practice that asks for confirmation two weeks and three days before."""
    return asking


async def test_looking_shows_who_where_and_when_and_changes_nothing(practice: Practice) -> None:
    """Architecture 11, N-31: business, place, date, time, names by ingest; a scanner may open it as often as it likes."""
    _, _, reader = await mail_one(practice)
    for _ in range(3):
        page = await reader.open()
    for words in (
        "Your appointment at",
        practice.location.name,
        practice.location.phone,
        "Friday, March 20 at 9:00 am",
        "Ana",
    ):
        assert words in page.text
    assert practice.location.postal_address.one_line() in page.text
    assert (page.status, page.forms) == (200, 1)
    await practice.run()
    assert told(practice) == []
    assert await practice.rows("select from confirmations union all select from time_requests") == []


async def test_the_page_works_without_names_while_ingest_is_silent(practice: Practice) -> None:
    """F: one service down: what and when is ours, the name is not; the answer is kept all the same."""
    ana, booked, reader = await mail_one(practice)
    practice.ingest.is_silent = True
    page = await reader.open()
    assert (page.status, page.forms) == (200, 1)
    assert "March 20 at 9:00 am" in page.text
    assert "Ana" not in page.text
    assert "Confirmed" in (await reader.answer({ana: "confirm"})).text
    practice.ingest.is_silent = False
    practice.clock.move(timedelta(minutes=2))
    await practice.run()
    assert [appointment for appointment, _ in told(practice)] == [str(booked)]


async def test_a_confirmation_is_told_to_ingest_once_and_ends_the_asking(practice: Practice) -> None:
    """S-122, N-58: pressed twice it is one; ingest gets appointment and start; no further request goes out, and the reason is on file."""
    ana, booked, reader = await mail_one(practice)
    for _ in range(2):
        page = await reader.answer({ana: "confirm"})
        assert (page.status, "Thank you" in page.text, "Confirmed" in page.text) == (200, True, True)
    await practice.run()
    assert told(practice) == [(str(booked), "2026-03-20T16:00:00Z")]
    assert (await practice.touches(ana))["three_days"] == ("cancelled", "appointment_confirmed")
    await practice.move_to("2026-03-17 10:00")
    assert len(practice.messages) == 1
    (verdict,) = (await practice.reasons(ana))["verdicts"]
    assert verdict["reason"] == "appointment_confirmed"
    assert "Confirmed" in (await reader.open()).text


async def test_a_confirmed_appointment_is_still_reminded_of(practice: Practice) -> None:
    """N-58: the plain reminder stays."""
    await practice.switch_on("appointment_reminder")
    ana, _, reader = await mail_one(practice)
    await reader.answer({ana: "confirm"})
    await practice.move_to("2026-03-19 10:00")
    slugs = [slug for _, _, slug in practice.mails()]
    assert slugs[-1] == "appointment_reminder"
    last = Reader(practice, practice.messages[-1])
    assert "Confirmed" in (await last.open()).text


async def test_two_appointments_of_a_day_are_confirmed_together(practice: Practice) -> None:
    """N-55: hygienist, then dentist: one mail, one press, both told."""
    ana = practice.person("Ana")
    first = practice.appointment(ana, f"{DAY} 09:00")
    then = practice.appointment(ana, f"{DAY} 10:00")
    reader = await mail_two_weeks_before(practice)
    page = await reader.open()
    assert page.text.count("March 20") == 1
    await reader.answer({ana: "confirm"})
    await practice.run()
    assert {appointment for appointment, _ in told(practice)} == {str(first), str(then)}


async def test_a_companion_that_moved_is_not_confirmed_and_is_asked_about_anew(practice: Practice) -> None:
    """N-55, N-57: what stands differently from the time of the mail was never announced at that time."""
    ana = practice.person("Ana")
    first = practice.appointment(ana, f"{DAY} 09:00")
    then = practice.appointment(ana, f"{DAY} 10:00")
    reader = await mail_two_weeks_before(practice)
    practice.appointment(ana, f"{DAY} 11:00", id=then)
    late = practice.appointment(ana, f"{DAY} 14:00")
    await practice.run()
    await reader.answer({ana: "confirm"})
    await practice.run()
    assert [appointment for appointment, _ in told(practice)] == [str(first)]
    await practice.move_to("2026-03-17 10:00")
    again = Reader(practice, practice.messages[-1])
    assert "11:00 am" in (await again.open()).text
    await again.answer({ana: "confirm"})
    await practice.run()
    assert {appointment for appointment, _ in told(practice)} == {str(first), str(then), str(late)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"starts": f"{DAY} 15:00"}, "has another time by now"),
        ({"starts": "2026-03-23 09:00"}, "has another time by now"),
        ({"status": "cancelled"}, "does not stand any more"),
        ({"deleted": True}, "does not stand any more"),
        ({"status": "block"}, "does not stand any more"),
        ({"status": "arrived"}, "is over"),
    ],
)
async def test_what_changed_since_the_mail_takes_no_answer_and_says_so(
    practice: Practice, changes: dict[str, Any], words: str
) -> None:
    """N-57: moved, cancelled, deleted or over: a plea to call, no form, and no wrong confirmed state."""
    ana, booked, reader = await mail_one(practice)
    values = {"starts": f"{DAY} 09:00"} | changes
    practice.appointment(ana, values.pop("starts"), id=booked, **values)
    await practice.run()
    page = await reader.open()
    assert (page.forms, words in page.text) == (0, True)
    for answer in ("confirm", "another_time"):
        page = await reader.answer({ana: answer})
        assert (words in page.text, "Please call us" in page.text) == (True, True)
    await practice.run()
    assert told(practice) == []
    assert await list_requests(practice) == []


async def test_an_appointment_is_over_once_it_has_begun(practice: Practice) -> None:
    """S-025: the link opens for ever, the answer has its time."""
    ana, _, reader = await mail_one(practice)
    practice.clock.set(practice.at(f"{DAY} 09:00"))
    assert "is over" in (await reader.open()).text
    await reader.answer({ana: "confirm"})
    assert await practice.rows("select from confirmations") == []


async def test_moved_and_moved_back_stands_as_it_was_announced(practice: Practice) -> None:
    """N-43: the announced time is what counts."""
    ana, booked, reader = await mail_one(practice)
    for starts in (f"{DAY} 15:00", f"{DAY} 09:00"):
        practice.appointment(ana, starts, id=booked)
        await practice.run()
    await reader.answer({ana: "confirm"})
    await practice.run()
    assert len(told(practice)) == 1


async def test_a_confirmation_holds_for_its_time_only(practice: Practice) -> None:
    """N-57: confirmed, then moved: the new time is asked about again."""
    ana, booked, reader = await mail_one(practice)
    await reader.answer({ana: "confirm"})
    practice.appointment(ana, "2026-03-24 09:00", id=booked)
    await practice.run()
    await practice.move_to("2026-03-10 10:00")
    again = Reader(practice, practice.messages[-1])
    assert again.mail is not reader.mail
    assert "Confirmed" not in (await again.open()).text


async def test_each_person_of_a_family_answers_for_themselves(practice: Practice) -> None:
    """L-127, N-01: one comes, one needs another time, one has not said; nobody is confirmed by another's answer."""
    ana, bo, cy = (practice.person(name, "lee@example.com") for name in ("Ana", "Bo", "Cy"))
    booked = {person: practice.appointment(person, f"{DAY} 1{hour}:00") for hour, person in enumerate((ana, bo, cy))}
    reader = await mail_two_weeks_before(practice)
    page = await reader.open()
    assert [name in page.text for name in ("Ana: Friday", "Bo: Friday", "Cy: Friday")] == [True] * 3
    page = await reader.answer({ana: "confirm", bo: "another_time"})
    assert [page.text.count(words) for words in ("Confirmed", "You asked for another time", "Not answered yet")] == [
        1,
        1,
        1,
    ]
    await practice.run()
    assert [appointment for appointment, _ in told(practice)] == [str(booked[ana])]
    assert [row["appointment_id"] for row in await list_requests(practice)] == [str(booked[bo])]
    touches = {person: (await practice.touches(person))["three_days"] for person in (ana, bo, cy)}
    assert touches == {
        ana: ("cancelled", "appointment_confirmed"),
        bo: ("skipped", "asked_another_time"),
        cy: ("planned", None),
    }


async def test_a_form_without_an_answer_is_told_so_and_keeps_nothing(practice: Practice) -> None:
    """Bad input: a word nobody offered, somebody else's id, nothing at all: 422 and no half of it."""
    ana, _, reader = await mail_one(practice)
    stranger = practice.person()
    for answers in ({}, {ana: "yes"}, {stranger: "confirm"}):
        page = await reader.answer(answers)
        assert (page.status, "Nothing was chosen" in page.text) == (422, True)
    assert await practice.rows("select from confirmations union all select from time_requests") == []
