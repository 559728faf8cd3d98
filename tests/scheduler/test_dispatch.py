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
    await practice.run("follow_mailer", "plan", "dispatch")
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


async def test_no_permission_yet_is_asked_again_until_it_is_too_late(practice: Practice) -> None:
    """S-020, architecture 2: hold and ask again with growing pauses; only a refusal is final."""
    ana, bo = practice.person(), practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    practice.appointment(bo, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    of = {message.touches[0].person_id: message for message in practice.messages}
    practice.outcome(of[ana], "recheck", "no_permission_yet")
    practice.outcome(of[bo], "suppressed", "opted_out")
    await practice.run()
    assert (await practice.touches(ana))["day_before"] == ("held", "no_permission_yet")
    assert (await practice.touches(bo))["day_before"] == ("suppressed", "opted_out")
    practice.person(id=ana, language="es")
    await practice.run()
    assert len(practice.messages) == 2, "a changed fact is no reason to ask before its time"
    practice.clock.move(timedelta(minutes=1))
    await practice.run()
    assert len(practice.messages) == 3
    practice.outcome(practice.messages[2], "recheck", "no_permission_yet")
    await practice.run()
    practice.clock.move(timedelta(minutes=1))
    await practice.run()
    assert len(practice.messages) == 3, "the second pause is longer"
    await practice.move_to("2026-03-05 15:00")
    assert (await practice.touches(ana))["day_before"] == ("expired", "no_permission_yet")


async def test_the_address_is_looked_up_again_at_the_last_moment(practice: Practice) -> None:
    """N-08: the address changed at ingest after the facts came: never the old one, grouped again under the new."""
    ana = practice.person("Ana", "old@example.com")
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    row = practice.ingest.people[ana] | {"address": None, "address_key": None}
    practice.ingest.people[ana] = row
    await practice.move_to("2026-03-04 10:00")
    assert practice.messages == []
    assert (await practice.touches(ana))["day_before"] == ("held", "address_withheld")
    practice.person("Ana", "new@example.com", id=ana)
    practice.clock.move(timedelta(minutes=1))
    await practice.run()
    assert [message.address for message in practice.messages] == ["new@example.com"]


async def test_silence_is_answered_by_the_same_message_again(practice: Practice) -> None:
    """Never twice: after silence of ingest or mailer the frozen groups go again under their ids."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    practice.ingest.is_silent = True
    await practice.move_to("2026-03-04 10:00")
    practice.ingest.is_silent, practice.mailer.is_silent = False, True
    (frozen,) = await practice.rows("update messages set lease_until = null returning message_id")
    await practice.run("dispatch")
    practice.mailer.is_silent = False
    await practice.rows("update messages set lease_until = null")
    await practice.run("dispatch")
    await practice.rows("update messages set lease_until = null, state = 'grouped', submitted_at = null")
    await practice.run("dispatch")
    assert [message.message_id for message in practice.messages] == [frozen["message_id"]]
    assert practice.mailer.submissions == 3
    assert (await practice.touches(ana))["day_before"] == ("dispatched", None)


async def test_a_group_that_may_be_out_already_is_taken_back_before_it_changes(practice: Practice) -> None:
    """N-08 with a crash between: the old group is cancelled at the mailer first, then grouped anew."""
    ana = practice.person("Ana", "old@example.com")
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    await practice.rows("update messages set lease_until = null, state = 'grouped', submitted_at = null")
    practice.person("Ana", "new@example.com", id=ana)
    await practice.run("follow_ingest", "dispatch")
    assert practice.mailer.cancelled == [practice.messages[0].touches[0].touch_id]
    practice.outcome(practice.messages[0], "cancelled", "cancelled")
    practice.clock.move(timedelta(minutes=1))
    await practice.run()
    assert [message.address for message in practice.messages] == ["old@example.com", "new@example.com"]


async def test_refusals_of_the_mailer_end_or_wait_by_their_code(practice: Practice) -> None:
    """A refused message fails with its code; one the mailer cannot know yet waits; a lost content is published again."""
    ana, bo, cy = practice.person(), practice.person(), practice.person()
    for person, time in ((ana, "09:00"), (bo, "10:00"), (cy, "11:00")):
        practice.appointment(person, f"2026-03-05 {time}")
    practice.mailer.refuses = "address_invalid"
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    assert {row["day_before"] for row in [await practice.touches(person) for person in (ana, bo, cy)]} == {
        ("failed", "address_invalid")
    }
    practice.mailer.refuses = None
    practice.mailer.contents.clear()
    di = practice.person()
    practice.appointment(di, "2026-03-06 09:00")
    await practice.run()
    await practice.move_to("2026-03-05 10:00")
    assert practice.messages == []
    await practice.run("publish_contents")
    await practice.rows("update messages set lease_until = null")
    await practice.run("dispatch")
    assert len(practice.messages) == 1


async def test_outcomes_move_touches_and_repeats_of_the_feed_change_nothing(practice: Practice) -> None:
    """Architecture 2: after a feed restart everything is read again; uncertain may settle, sent may bounce late, nothing goes back."""
    people = {name: practice.person() for name in ("sent", "bounced", "uncertain", "settled", "failed", "expired")}
    for person in people.values():
        practice.appointment(person, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    of = {message.touches[0].person_id: message for message in practice.messages}
    for name in ("sent", "uncertain", "failed", "expired"):
        practice.outcome(of[people[name]], name)  # type: ignore[arg-type]
    practice.outcome(of[people["settled"]], "uncertain")
    practice.outcome(of[people["settled"]], "sent")
    practice.outcome(of[people["bounced"]], "sent")
    practice.outcome(of[people["bounced"]], "bounced", "hard")
    await practice.run()
    expected = {"settled": "sent"}
    for _ in range(2):
        for name, person in people.items():
            assert (await practice.touches(person))["day_before"][0] == expected.get(name, name), name
        practice.mailer.feed.epoch = type(practice.mailer.feed.epoch)(int=1)
        await practice.run("follow_mailer")
    decided = await practice.rows("select count(*) as n from decisions where state = 'bounced'")
    assert decided[0]["n"] == 1


async def test_hold_and_a_full_mailer_stop_dispatch(practice: Practice) -> None:
    """I20: nothing leaves on HOLD; no more than the relays can carry is handed over."""
    for _ in range(3):
        practice.appointment(practice.person(), "2026-03-05 15:00")
    await practice.run()
    await practice.rows("update service_state set on_hold = true")
    await practice.move_to("2026-03-04 10:00")
    assert practice.messages == []
    await practice.rows("update service_state set on_hold = false")
    await practice.run()
    assert len(practice.messages) == 3
