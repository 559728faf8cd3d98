"""What mail puts into calendars: one uid an appointment for ever, a sequence that rises with each announced change, and out again when cancelled."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.kit.clock import ManualClock
from shared.schemas.calendar import CalendarEntry
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

APPOINTMENT_MAIL = (
    "appointment_booked",
    "appointment_confirm_request",
    "appointment_reminder",
    "appointment_cancelled",
)
DAY = "2026-03-20"


@pytest.fixture
async def practice(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """A practice that sends every mail about appointments there is."""
    made = await open_practice(clock, neighbours)
    for kind in APPOINTMENT_MAIL:
        assert (await made.switch_on(kind)).status_code == 201
    return made


async def _mailed(practice: Practice, local: str) -> list[CalendarEntry]:
    """Let mail go at a local time; return the entries of the last message, which must be new."""
    before = len(practice.messages)
    await practice.run()
    await practice.move_to(local)
    assert len(practice.messages) == before + 1, practice.mails()
    practice.outcome(practice.messages[-1], "sent")
    await practice.run()
    return practice.messages[-1].calendar


def _told(entry: CalendarEntry) -> tuple[int, bool]:
    return entry.sequence, entry.is_cancelled


async def test_every_mail_about_an_appointment_speaks_of_the_same_entry(practice: Practice) -> None:
    """RFC 5545 3.8.4.7: booked, asked to confirm, reminded: one uid, the sequence stays while nothing changes."""
    booked = practice.appointment(practice.person(), f"{DAY} 09:00", booked_at=practice.clock.now())
    entries = [
        entry
        for local in ("2026-03-02 10:00", "2026-03-06 10:00", "2026-03-17 10:00", "2026-03-19 10:00")
        for entry in await _mailed(practice, local)
    ]
    slugs = [slug for _, _, slug in practice.mails()]
    assert slugs == [
        "appointment_booked",
        "appointment_confirm_request",
        "appointment_confirm_request",
        "appointment_reminder",
    ]
    assert {(entry.uid, *_told(entry)) for entry in entries} == {(entries[0].uid, 0, False)}
    assert {(entry.starts_at, entry.minutes) for entry in entries} == {(practice.at(f"{DAY} 09:00"), 45)}
    assert entries[0].uid != booked


@pytest.mark.parametrize(
    ("changes", "sequence"),
    [
        ({}, 0),
        ({"status": "confirmed"}, 0),
        ({"starts": f"{DAY} 11:00"}, 1),
        ({"starts": "2026-03-24 09:00"}, 1),
        ({"minutes": 60}, 1),
        ({"minutes": None}, 1),
    ],
)
async def test_the_sequence_rises_with_what_is_announced_and_with_nothing_else(
    practice: Practice, changes: dict[str, Any], sequence: int
) -> None:
    """RFC 5546 2.1.4: another start or length is a change, another state is none; the uid stays."""
    ana = practice.person()
    booked = practice.appointment(ana, f"{DAY} 09:00")
    (before,) = await _mailed(practice, "2026-03-06 10:00")
    values = {"starts": f"{DAY} 09:00"} | changes
    practice.appointment(ana, values.pop("starts"), id=booked, **values)
    (after,) = await _mailed(
        practice, "2026-03-20 10:00" if changes.get("starts", "").startswith("2026-03-24") else "2026-03-17 10:00"
    )
    assert (after.uid, after.sequence) == (before.uid, sequence)


async def test_moved_twice_and_back_rises_each_time_it_is_announced(practice: Practice) -> None:
    """N-43: what was never announced counts for nothing; a correction for the same day carries the entry too (N-42)."""
    ana = practice.person()
    booked = practice.appointment(ana, f"{DAY} 09:00")
    sequences = [entry.sequence for entry in await _mailed(practice, "2026-03-06 10:00")]
    for starts, local in (
        (f"{DAY} 15:00", None),
        (f"{DAY} 10:00", "2026-03-17 10:00"),
        (f"{DAY} 09:00", "2026-03-19 10:00"),
        (f"{DAY} 12:00", "2026-03-20 08:00"),
    ):
        practice.appointment(ana, starts, id=booked)
        await practice.run("follow_ingest", "plan")
        if local:
            (entry,) = await _mailed(practice, local)
            assert entry.starts_at == practice.at(starts)
            sequences.append(entry.sequence)
    assert sequences == [0, 1, 2, 3]
    assert practice.messages[-1].fields["about"]["changed"] is True


async def test_two_appointments_of_a_day_are_two_entries(practice: Practice) -> None:
    """N-55: the mail tells when to arrive, the calendar knows both."""
    ana = practice.person()
    for hour in ("09", "10"):
        practice.appointment(ana, f"{DAY} {hour}:00")
    first, then = await _mailed(practice, "2026-03-06 10:00")
    assert [entry.starts_at for entry in (first, then)] == [practice.at(f"{DAY} 09:00"), practice.at(f"{DAY} 10:00")]
    assert first.uid != then.uid


async def test_a_cancellation_takes_out_what_was_announced_and_no_more(practice: Practice) -> None:
    """RFC 5546 3.2.5: the lead and what went with it; what was never announced, stands, or is over is left alone."""
    ana = practice.person()
    lead = practice.appointment(ana, f"{DAY} 09:00")
    companion = practice.appointment(ana, f"{DAY} 10:00")
    practice.appointment(ana, "2026-05-20 10:00", status="block")
    entered = {entry.uid: entry for entry in await _mailed(practice, "2026-03-06 10:00")}
    for each, hour in ((lead, "09"), (companion, "10")):
        practice.appointment(ana, f"{DAY} {hour}:00", id=each, status="cancelled")
    never = practice.appointment(ana, "2026-03-27 09:00", status="cancelled")
    taken = await _mailed(practice, "2026-03-09 10:00")
    assert practice.mails()[-1][2] == "appointment_cancelled"
    assert {entry.uid: _told(entry) for entry in taken} == {uid: (1, True) for uid in entered}
    assert {entry.starts_at for entry in taken} == {entry.starts_at for entry in entered.values()}
    assert never is not None


async def test_an_appointment_that_stands_again_is_entered_again(practice: Practice) -> None:
    """RFC 5546 2.1.4: cancelled, then booked at the same time after all: the sequence rises on."""
    ana = practice.person()
    booked = practice.appointment(ana, f"{DAY} 09:00")
    (entered,) = await _mailed(practice, "2026-03-06 10:00")
    practice.appointment(ana, f"{DAY} 09:00", id=booked, status="cancelled")
    (taken,) = await _mailed(practice, "2026-03-09 10:00")
    practice.appointment(ana, f"{DAY} 09:00", id=booked)
    (again,) = await _mailed(practice, "2026-03-17 10:00")
    assert [_told(entry) for entry in (entered, taken, again)] == [(0, False), (1, True), (2, False)]
    assert len({entry.uid for entry in (entered, taken, again)}) == 1


async def test_a_cancellation_of_what_no_mail_announced_has_no_entry(practice: Practice) -> None:
    """N-41: nothing is taken out that was never put in."""
    practice.appointment(practice.person(), f"{DAY} 09:00", status="cancelled")
    assert await _mailed(practice, "2026-03-03 10:00") == []


async def test_a_family_gets_an_entry_each_and_nobody_who_left_the_mail(practice: Practice) -> None:
    """N-01, N-08: who is no longer reached at the address is not in its calendar."""
    ana, bo, cy = (practice.person(name, "lee@example.com") for name in ("Ana", "Bo", "Cy"))
    for person, hour in ((ana, "09"), (bo, "10"), (cy, "11")):
        practice.appointment(person, f"{DAY} {hour}:00")
    await practice.run()
    practice.ingest.people[bo] |= {"address": "bo@example.com", "address_key": "1." + "B" * 22}
    await practice.move_to("2026-03-06 10:00")
    starts = [entry.starts_at for entry in practice.messages[0].calendar]
    assert starts == [practice.at(f"{DAY} 09:00"), practice.at(f"{DAY} 11:00")]


async def test_a_message_submitted_again_carries_the_same_entries(practice: Practice) -> None:
    """Architecture 3: what was announced with the first claim stays, whatever changed before the second."""
    ana = practice.person()
    practice.appointment(ana, f"{DAY} 09:00")
    companion = practice.appointment(ana, f"{DAY} 10:00")
    await practice.run()
    practice.mailer.is_silent = True
    await practice.move_to("2026-03-06 10:00")
    noted = await practice.rows(
        "select appointment_id, starts_at, sequence, announced_at from announcements order by 2"
    )
    practice.appointment(ana, f"{DAY} 14:00", id=companion)
    await practice.run("follow_ingest", "plan")
    practice.mailer.is_silent = False
    await practice.rows("update messages set lease_until = null")
    practice.clock.move(timedelta(minutes=5))
    await practice.run("group", "submit")
    entries = practice.messages[0].calendar
    assert [(entry.starts_at, entry.sequence, entry.announced_at) for entry in entries] == [
        tuple(row)[1:] for row in noted
    ]
    assert len(entries) == 2


@pytest.mark.parametrize(("minutes", "expected"), [(None, None), (0, None), (-5, None), (1440, 1440), (100_000, None)])
async def test_a_length_that_is_none_leaves_the_end_open(
    practice: Practice, minutes: int | None, expected: int | None
) -> None:
    """Bad input of a source: a typing error makes no entry of weeks, and no mail is lost for it."""
    practice.appointment(practice.person(), f"{DAY} 09:00", minutes=minutes)
    (entry,) = await _mailed(practice, "2026-03-06 10:00")
    assert entry.minutes == expected


async def test_other_mail_has_no_entry(practice: Practice) -> None:
    """A thank-you note is no appointment."""
    assert (await practice.switch_on("visit_thanks")).status_code == 201
    practice.visit(practice.person(), "2026-03-02 06:30")
    assert await _mailed(practice, "2026-03-03 10:00") == []
    assert await practice.rows("select from announcements") == []


async def test_nothing_of_a_person_or_a_reason_stands_in_an_entry(practice: Practice) -> None:
    """L-106: ids that mean nothing elsewhere, times, and that is all."""
    ana = practice.person("Ana")
    booked = practice.appointment(ana, f"{DAY} 09:00")
    (entry,) = await _mailed(practice, "2026-03-06 10:00")
    assert set(entry.model_dump()) == {"uid", "sequence", "starts_at", "minutes", "announced_at", "is_cancelled"}
    assert entry.uid not in (ana, booked, UUID(int=0))
