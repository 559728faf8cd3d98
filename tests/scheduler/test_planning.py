"""Planning: which touches a record leads to, when they fall due, and what becomes of them when the record changes."""

from datetime import time, timedelta
from uuid import uuid4

import pytest

from shared.schemas.location import WEEKDAYS, OpenHours
from tests.scheduler.practice import Practice

REST = {"late": False, "occasion": "none"}
"""What `about` says besides, of an appointment."""


async def test_an_appointment_gets_its_steps_and_past_ones_are_skipped(practice: Practice) -> None:
    """N-46: booked inside the window, only steps still ahead; the others are on file with their reason, never sent at once."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-10 09:30")
    await practice.run()
    assert await practice.touches(ana) == {
        "two_weeks": ("skipped", "step_past"),
        "three_days": ("planned", None),
        "day_before": ("planned", None),
    }
    assert practice.messages == []


async def test_booked_today_for_tomorrow_after_the_hour_sends_nothing(practice: Practice) -> None:
    """N-46: no reminder at once for what was only just agreed."""
    practice.clock.set(practice.at("2026-03-02 14:00"))
    ana = practice.person()
    practice.appointment(ana, "2026-03-03 09:30")
    await practice.run()
    assert set((await practice.touches(ana)).values()) == {("skipped", "step_past")}


async def test_slices_planned_side_by_side_leave_nobody_out(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P5, I16: more people than a slice takes are planned two slices at a time, each of them once, and a step tells that there may be more."""
    monkeypatch.setattr("services.scheduler.actions.plan_slices._PEOPLE", 2)
    people = [practice.person() for _ in range(7)]
    for person in people:
        practice.appointment(person, "2026-03-10 09:30")
    await practice.run("follow_ingest")
    marked, more = [7], True
    while more:
        more = await practice.scheduler.step("plan")
        marked += [row["n"] for row in await practice.rows("select count(*) as n from replans")]
    assert marked[:3] == [7, 3, 0]
    for person in people:
        assert (await practice.touches(person))["day_before"] == ("planned", None)
    twice = await practice.rows("select touch_id from decisions group by touch_id having count(*) > 1")
    assert twice == []


async def test_looking_again_at_what_stands_writes_nothing(practice: Practice) -> None:
    """P5: a touch that is as it should be keeps its row as it was, unlocked."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-10 09:30")
    await practice.run()
    await practice.rows("insert into replans select subscriber_id, consumer_id, false from consumers")
    before = await practice.rows("select touch_id, xmin::text, xmax::text, ctid::text from touches order by touch_id")
    await practice.run("plan")
    assert await practice.rows("select * from replans") == []
    after = await practice.rows("select touch_id, xmin::text, xmax::text, ctid::text from touches order by touch_id")
    assert [tuple(row) for row in after] == [tuple(row) for row in before]


async def test_offsets_in_days_keep_the_wall_clock_over_both_clock_changes(practice: Practice) -> None:
    """N-48: the clocks change on March 8 and on November 1; ten o'clock stays ten o'clock."""
    spring, autumn = practice.person(), practice.person()
    practice.appointment(spring, "2026-03-09 09:00")
    practice.appointment(autumn, "2026-11-02 09:00")
    await practice.run()
    assert (await practice.due(spring))["day_before"] == "2026-03-06 10:00"
    assert (await practice.due(autumn))["day_before"] == "2026-10-30 10:00"
    rows = await practice.rows("select due_at from touches where step = 'two_weeks' and consumer_id = $1", autumn)
    assert rows[0]["due_at"] == practice.at("2026-10-19 10:00")


async def test_hours_are_elapsed_time(practice: Practice) -> None:
    """N-48, N-54: two hours before eleven is nine; before half past eight it is the evening before, back over the weekend."""
    await practice.set_state("appointment_reminder", "ended")
    await practice.switch_on("appointment_reminder", {"steps": {"two_hours": True}})
    late, early, monday = practice.person(), practice.person(), practice.person()
    practice.appointment(late, "2026-03-05 11:00")
    practice.appointment(early, "2026-03-05 08:30")
    practice.appointment(monday, "2026-03-16 08:30")
    await practice.run()
    assert (await practice.due(late))["two_hours"] == "2026-03-05 09:00"
    assert (await practice.due(early))["two_hours"] == "2026-03-04 18:00"
    assert (await practice.due(monday))["two_hours"] == "2026-03-13 18:00"


async def test_the_hour_that_does_not_exist_and_the_hour_that_comes_twice(practice: Practice) -> None:
    """N-47: one reminder each, with the wall-clock text of the instant the source gave."""
    await practice.set_state("appointment_reminder", "ended")
    await practice.switch_on("appointment_reminder", {"send_from": "00:00", "send_until": "23:59"})
    always = [OpenHours(weekday=day, opens=time(0), closes=time(23)) for day in WEEKDAYS]
    await practice.push_location(hours=always)
    spring, autumn = practice.person(), practice.person()
    practice.appointment(spring, practice.at("2026-03-08 01:30") + timedelta(hours=1))
    practice.appointment(autumn, practice.at("2026-11-01 01:30"))
    await practice.run()
    await practice.move_to("2026-03-07 10:00")
    (message,) = practice.messages
    assert message.fields["appointment"] == {
        "weekday": "Sunday",
        "date": "March 8",
        "month": "March",
        "time": "3:30\u00a0am",
    }
    practice.outcome(message, "sent")
    await practice.move_to("2026-10-31 10:00")
    texts = [message.fields["appointment"] for message in practice.messages[1:]]
    assert texts == [{"weekday": "Sunday", "date": "November 1", "month": "November", "time": "1:30\u00a0am"}]


async def test_a_reminder_on_a_closed_day_rolls_back(practice: Practice) -> None:
    """N-53: Monday's day before is Sunday: it goes on Friday; with Friday closed, on Thursday."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-16 09:00")
    await practice.run()
    assert (await practice.due(ana))["day_before"] == "2026-03-13 10:00"
    await practice.push_location(closures=[practice.at("2026-03-13 00:00").date()])
    await practice.run()
    assert (await practice.due(ana))["day_before"] == "2026-03-12 10:00"


async def test_a_reminder_that_rolls_back_past_now_goes_at_the_next_allowed_minute(practice: Practice) -> None:
    """N-53: on Saturday evening Monday's reminder (Sunday, back to Friday) goes on Sunday morning; it is still of use."""
    practice.clock.set(practice.at("2026-03-14 21:00"))
    ana = practice.person()
    practice.appointment(ana, "2026-03-16 09:00")
    await practice.run()
    assert (await practice.due(ana))["day_before"] == "2026-03-15 08:00"


async def test_a_thank_you_rolls_forward_to_an_open_day(practice: Practice) -> None:
    """N-53: due-date mail goes forward: Friday's visit is thanked on Monday."""
    ana = practice.person()
    practice.visit(ana, "2026-03-06 15:00")
    practice.clock.set(practice.at("2026-03-06 16:00"))
    await practice.run()
    assert await practice.due(ana) == {"next_morning": "2026-03-09 10:00"}


async def test_a_moved_appointment_is_planned_anew(practice: Practice) -> None:
    """N-42: old steps void, new ones from the new start; what was sent is not repeated for the old time."""
    ana = practice.person()
    booked = practice.appointment(ana, "2026-03-20 09:00")
    await practice.run()
    practice.appointment(ana, "2026-03-24 14:00", id=booked)
    await practice.run()
    assert await practice.touches(ana) == {
        "two_weeks 2026-03-20T09:00": ("cancelled", "appointment_moved"),
        "three_days 2026-03-20T09:00": ("cancelled", "appointment_moved"),
        "day_before 2026-03-20T09:00": ("cancelled", "appointment_moved"),
        "two_weeks 2026-03-24T14:00": ("planned", None),
        "three_days 2026-03-24T14:00": ("planned", None),
        "day_before 2026-03-24T14:00": ("planned", None),
    }


async def test_moved_and_moved_back_revives_what_was_not_sent_and_repeats_nothing(practice: Practice) -> None:
    """N-43: the announced time is what counts."""
    ana = practice.person()
    booked = practice.appointment(ana, "2026-03-06 09:00")
    await practice.run()
    await practice.move_to("2026-03-03 10:00")
    practice.outcome(practice.messages[0], "sent")
    await practice.run()
    practice.appointment(ana, "2026-03-27 09:00", id=booked)
    await practice.run()
    practice.appointment(ana, "2026-03-06 09:00", id=booked)
    await practice.run()
    touches = await practice.touches(ana)
    assert touches["three_days 2026-03-06T09:00"] == ("sent", None)
    assert touches["day_before 2026-03-06T09:00"] == ("planned", None)
    assert touches["two_weeks 2026-03-27T09:00"] == ("cancelled", "appointment_moved")
    await practice.move_to("2026-03-05 10:00")
    assert len(practice.messages) == 2


async def test_a_change_on_the_day_after_the_last_step_sends_a_correction(practice: Practice) -> None:
    """N-42: the mail that went out is wrong now; moved back before it leaves, nothing goes."""
    ana = practice.person()
    booked = practice.appointment(ana, "2026-03-03 11:00")
    await practice.run()
    await practice.move_to("2026-03-02 10:00")
    practice.outcome(practice.messages[0], "sent")
    await practice.run()
    practice.clock.set(practice.at("2026-03-02 21:00"))
    practice.appointment(ana, "2026-03-03 15:00", id=booked)
    await practice.run()
    assert (await practice.touches(ana))["new_time"] == ("planned", None)
    practice.appointment(ana, "2026-03-03 11:00", id=booked)
    await practice.run()
    assert (await practice.touches(ana))["new_time"] == ("cancelled", "appointment_moved")
    practice.appointment(ana, "2026-03-03 15:00", id=booked)
    await practice.run()
    await practice.move_to("2026-03-03 08:00")
    correction = practice.messages[-1]
    assert correction.fields["about"] == {"several": False, "name": "Ana", "another": False, "changed": True} | REST
    practice.outcome(correction, "sent")
    await practice.move_to("2026-03-03 09:00")
    assert len(practice.messages) == 2


async def test_a_cancelled_appointment_is_not_reminded_of(practice: Practice) -> None:
    """N-41, N-44: cancelled or deleted in the source, cancelled here; booked again, planned again."""
    ana, bo = practice.person(), practice.person()
    first, second = practice.appointment(ana, "2026-03-20 09:00"), practice.appointment(bo, "2026-03-20 09:00")
    await practice.run()
    practice.appointment(ana, "2026-03-20 09:00", id=first, status="cancelled")
    practice.appointment(bo, "2026-03-20 09:00", id=second, deleted=True)
    await practice.run()
    for person in (ana, bo):
        assert set((await practice.touches(person)).values()) == {("cancelled", "appointment_cancelled")}
    practice.appointment(ana, "2026-03-20 09:00", id=first)
    await practice.run()
    assert set((await practice.touches(ana)).values()) == {("planned", None)}


async def test_what_is_no_firm_booking_is_never_reminded_of(practice: Practice) -> None:
    """N-45: blocks, planned and unscheduled items, unknown statuses, and rows without a person or a time."""
    people = {
        status: practice.person() for status in ("held", "block", "planned", "unscheduled", "no_show", "completed")
    }
    for status, person in people.items():
        practice.appointment(person, "2026-03-20 09:00", status=status)
    practice.appointment(None, "2026-03-20 09:00")
    practice.appointment(practice.person(), None)
    await practice.run()
    assert await practice.touches() == {}
    verdict = (await practice.reasons(people["block"]))["verdicts"][0]
    assert (verdict["verdict"], verdict["reason"]) == ("nothing", "appointment_not_firm")


async def test_one_reminder_a_day_with_the_earliest_arrival(practice: Practice) -> None:
    """N-55: hygienist at two, dentist at half past nine: one series, and the earlier time."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 14:00")
    await practice.run()
    practice.appointment(ana, "2026-03-05 09:30")
    await practice.run()
    touches = await practice.touches(ana)
    assert touches["day_before 2026-03-05T14:00"] == ("cancelled", "covered_same_day")
    assert touches["day_before 2026-03-05T09:30"] == ("planned", None)
    await practice.move_to("2026-03-04 10:00")
    (message,) = practice.messages
    assert [row["time"] for row in message.fields["people"]] == ["9:30\u00a0am"]


async def test_history_is_not_thanked_for_but_booked_times_are_reminded_of(practice: Practice) -> None:
    """N-36: records older than go-live start no event campaign; an appointment ahead is a promise either way."""
    ana = practice.person()
    practice.visit(ana, "2026-03-01 15:00", historic=True)
    practice.appointment(ana, "2026-03-20 09:00", historic=True)
    await practice.run()
    assert {step for step in await practice.touches(ana)} == {"two_weeks", "three_days", "day_before"}
    verdicts = {row["campaign_type"]: row["reason"] for row in (await practice.reasons(ana))["verdicts"]}
    assert verdicts["visit_thanks"] == "historic"


async def test_a_visit_posted_twice_is_thanked_for_once(practice: Practice) -> None:
    """N-71: the repair order was opened again and posted a week later."""
    ana = practice.person()
    visit = practice.visit(ana, "2026-03-02 06:30")
    await practice.run()
    await practice.move_to("2026-03-03 10:00")
    practice.outcome(practice.messages[0], "sent")
    await practice.run()
    practice.clock.set(practice.at("2026-03-09 15:00"))
    practice.visit(ana, "2026-03-09 14:00", id=visit, total_cents=99)
    await practice.move_to("2026-03-10 10:00")
    assert len(practice.messages) == 1
    assert await practice.touches(ana) == {"next_morning": ("sent", None)}


async def test_an_appointment_elsewhere_takes_that_places_zone_and_campaign(practice: Practice) -> None:
    """N-51: home in Los Angeles, appointment in New York: New York's ten o'clock, New York's text."""
    other = practice.location.model_copy(update={"location_id": uuid4(), "zone": "America/New_York"})
    await practice.push(other)
    assert (await practice.switch_on("appointment_reminder", location_id=other.location_id)).status_code == 201
    ana = practice.person()
    practice.appointment(ana, practice.at("2026-03-05 09:00"), location_id=other.location_id)
    await practice.run()
    rows = await practice.rows("select due_at, zone from touches where step = 'day_before'")
    assert rows[0]["zone"] == "America/New_York"
    await practice.move_to("2026-03-04 07:00")
    (message,) = practice.messages
    assert message.location_id == other.location_id
    assert message.fields["appointment"] == {
        "weekday": "Thursday",
        "date": "March 5",
        "month": "March",
        "time": "12:00\u00a0pm",
    }
