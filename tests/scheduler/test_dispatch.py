"""Dispatch: what leaves together, what waits, what comes back, and that nothing leaves twice or too late."""

from datetime import timedelta

from tests.scheduler.practice import Practice


def _people(message: object) -> list[tuple[str, str]]:
    return [(row["first_name"], row["time"]) for row in message.fields["people"]]  # type: ignore[attr-defined]


async def test_a_family_gets_one_mail_with_first_names_and_times(practice: Practice) -> None:
    """N-01: five appointments on one day at one address: five touches, one message, earliest first."""
    names = ("Ana", "Bo", "Cy", "Di", "Ed")
    for number, name in enumerate(names):
        practice.appointment(practice.person(name, "lee@example.com"), f"2026-03-05 {14 - number}:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    (message,) = practice.messages
    assert _people(message) == [
        ("Ed", "10:00\u00a0am"),
        ("Di", "11:00\u00a0am"),
        ("Cy", "12:00\u00a0pm"),
        ("Bo", "1:00\u00a0pm"),
        ("Ana", "2:00\u00a0pm"),
    ]
    assert len(message.touches) == 5
    assert message.fields["person"] == {"first_name": ""}
    assert (await practice.touches())["day_before 2026-03-05T10:00"] == ("dispatched", None)


async def test_one_mail_a_day_and_the_more_urgent_one_goes_first(practice: Practice) -> None:
    """N-02: tomorrow's appointment goes today, the one in three days and the thank-you go on the following days."""
    ana, bo = practice.person("Ana", "lee@example.com"), practice.person("Bo", "lee@example.com")
    practice.clock.set(practice.at("2026-03-03 16:00"))
    practice.visit(bo, "2026-03-03 15:00")
    practice.appointment(bo, "2026-03-07 09:00")
    practice.appointment(ana, "2026-03-05 09:00")
    await practice.run()
    for day in ("2026-03-04", "2026-03-05", "2026-03-06"):
        await practice.move_to(f"{day} 10:00")
        practice.outcome(practice.messages[-1], "sent")
        await practice.run()
    assert [(names, slug) for _, names, slug in practice.mails()] == [
        (["Ana"], "appointment_reminder"),
        (["Bo"], "appointment_reminder"),
        (["Bo"], "appointment_reminder"),
    ]
    assert (await practice.touches(bo))["three_days"] == ("sent", None)
    assert (await practice.touches(bo))["next_morning"] == ("planned", "moved_other_mail")
    await practice.move_to("2026-03-07 08:00")
    assert practice.mails()[-1][2] == "visit_thanks"


async def test_what_the_next_day_would_make_useless_is_skipped(practice: Practice) -> None:
    """N-02: a second reminder for today that lost to another mail is not sent after its appointment."""
    await practice.set_state("appointment_reminder", "ended")
    await practice.switch_on(
        "appointment_reminder", {"steps": {"two_hours": True, "day_before": False, "three_days": False}}
    )
    ana, bo = practice.person("Ana", "lee@example.com"), practice.person("Bo", "lee@example.com")
    practice.appointment(ana, "2026-03-02 12:00")
    await practice.run()
    await practice.move_to("2026-03-02 10:00")
    practice.appointment(bo, "2026-03-02 14:00")
    await practice.run()
    await practice.move_to("2026-03-02 12:00")
    assert len(practice.messages) == 1
    assert (await practice.touches(bo))["two_hours"] == ("skipped", "other_mail_today")


async def test_mail_leaves_within_the_send_window_only(practice: Practice) -> None:
    """N-54: what was held until the evening leaves the next morning, or not at all once it has lost its use (S-025)."""
    ana, bo = practice.person(), practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    practice.appointment(bo, "2026-03-05 07:30")
    await practice.run()
    assert (await practice.set_state("appointment_reminder", "paused")).status_code == 200
    await practice.move_to("2026-03-04 10:00")
    assert (await practice.touches(ana))["day_before"] == ("held", "campaign_paused")
    practice.clock.set(practice.at("2026-03-04 21:00"))
    assert (await practice.set_state("appointment_reminder", "active", version=2)).status_code == 200
    await practice.run()
    assert practice.messages == []
    assert (await practice.touches(ana))["day_before"] == ("planned", "outside_window")
    assert (await practice.touches(bo))["day_before"] == ("skipped", "outside_window")
    await practice.move_to("2026-03-05 08:00")
    assert [message.due_at for message in practice.messages] == [practice.at("2026-03-05 08:00")]


async def test_a_late_engine_expires_and_never_sends_late(practice: Practice) -> None:
    """S-025, I16: the clock jumps past the appointment; the touch ends as expired with its reason."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 09:00")
    await practice.run()
    await practice.move_to("2026-03-05 09:00")
    assert practice.messages == []
    touches = await practice.touches(ana)
    assert touches["day_before"] == ("expired", "too_late")


async def test_stale_data_holds_reminders_and_fresh_data_frees_them(practice: Practice) -> None:
    """S-126: no sync for two intervals and the grace: held; thank-you notes speak of the past and go."""
    ana, bo = practice.person(), practice.person()
    source = practice.source(practice.clock.now())
    practice.appointment(ana, "2026-03-05 15:00")
    practice.visit(bo, "2026-03-03 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    assert [slug for _, _, slug in practice.mails()] == ["visit_thanks"]
    assert (await practice.touches(ana))["day_before"] == ("held", "stale_source")
    practice.source(practice.clock.now(), source)
    await practice.run()
    practice.clock.move(timedelta(minutes=1))
    await practice.run()
    assert [slug for _, _, slug in practice.mails()] == ["visit_thanks", "appointment_reminder"]
    practice.appointment(ana, "2026-03-20 09:00")
    await practice.run()
    await practice.move_to("2026-03-19 10:00")
    await practice.move_to("2026-03-20 09:00")
    assert (await practice.touches(ana))["day_before 2026-03-20T09:00"] == ("expired", "stale_source")


async def test_a_location_that_is_suspended_holds_its_mail(practice: Practice) -> None:
    """S-074: not live, nothing leaves; live again, it goes if it is still of use."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.push_location(state="suspended")
    await practice.move_to("2026-03-04 10:00")
    assert (await practice.touches(ana))["day_before"] == ("held", "location_not_live")
    await practice.push_location(state="live")
    await practice.move_to("2026-03-04 11:00")
    assert len(practice.messages) == 1


async def test_a_cancellation_after_dispatch_calls_the_mail_back(practice: Practice) -> None:
    """N-41: asked back through the outbox; the brother whose message it shared is grouped again, once."""
    ana, bo = practice.person("Ana", "lee@example.com"), practice.person("Bo", "lee@example.com")
    booked = practice.appointment(ana, "2026-03-05 09:00")
    practice.appointment(bo, "2026-03-05 10:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    (family,) = practice.messages
    practice.appointment(ana, "2026-03-05 09:00", id=booked, status="cancelled")
    await practice.run()
    assert practice.mailer.cancelled == [touch.touch_id for touch in family.touches if touch.person_id == ana]
    practice.outcome(family, "recheck", "cancelled")
    await practice.run("follow_mailer", "plan", "group", "submit")
    assert (await practice.touches(ana))["day_before"] == ("cancelled", "appointment_cancelled")
    assert _people(practice.messages[1]) == [("Bo", "10:00\u00a0am")]
    practice.outcome(practice.messages[1], "sent")
    await practice.move_to("2026-03-04 12:00")
    assert len(practice.messages) == 2


async def test_too_late_to_call_back_is_sent_and_said_so(practice: Practice) -> None:
    """N-41: the outcome decides, and no cancelled mail follows."""
    ana = practice.person()
    booked = practice.appointment(ana, "2026-03-05 09:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    practice.appointment(ana, "2026-03-05 09:00", id=booked, status="cancelled")
    practice.outcome(practice.messages[0], "sent")
    await practice.run()
    assert (await practice.touches(ana))["day_before"] == ("sent", None)


async def test_pausing_calls_back_and_resuming_sends_once(practice: Practice) -> None:
    """I24: a paused campaign's mail is asked back at once; resumed, it goes one time."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    assert (await practice.set_state("appointment_reminder", "paused")).status_code == 200
    await practice.run("deliver_outbox")
    assert practice.mailer.cancelled == [practice.messages[0].touches[0].touch_id]
    practice.outcome(practice.messages[0], "cancelled", "cancelled")
    await practice.run()
    assert (await practice.touches(ana))["day_before"] == ("held", "campaign_paused")
    await practice.set_state("appointment_reminder", "active", version=2)
    await practice.run()
    assert len(practice.messages) == 2
    practice.outcome(practice.messages[1], "sent")
    await practice.run()
    assert (await practice.touches(ana))["day_before"] == ("sent", None)
