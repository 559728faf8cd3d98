"""What the neighbours answer: no permission yet, other addresses, silence, refusals, outcomes and their repeats."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from services.scheduler.actions.group_due import group_due
from shared.schemas.mailer import MessageState
from tests.scheduler.practice import Practice


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
    await practice.run("group", "submit")
    practice.mailer.is_silent = False
    await practice.rows("update messages set lease_until = null")
    await practice.run("group", "submit")
    await practice.rows("update messages set lease_until = null, state = 'grouped', submitted_at = null")
    await practice.run("group", "submit")
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
    await practice.run("follow_ingest", "group", "submit")
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
    await practice.run("group", "submit")
    assert len(practice.messages) == 1


async def test_outcomes_move_touches_and_repeats_of_the_feed_change_nothing(practice: Practice) -> None:
    """Architecture 2: after a feed restart everything is read again; uncertain may settle, sent may bounce late, nothing goes back."""
    people = {
        name: practice.person()
        for name in ("sent", "bounced", "uncertain", "settled", "refused_late", "failed", "expired")
    }
    for person in people.values():
        practice.appointment(person, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    of = {message.touches[0].person_id: message for message in practice.messages}
    for name in ("sent", "uncertain", "failed", "expired"):
        practice.outcome(of[people[name]], name)
    practice.outcome(of[people["settled"]], "uncertain")
    practice.outcome(of[people["settled"]], "sent")
    practice.outcome(of[people["refused_late"]], "uncertain")
    practice.outcome(of[people["refused_late"]], "expired", "mailbox_full")
    practice.outcome(of[people["bounced"]], "sent")
    practice.outcome(of[people["bounced"]], "bounced", "hard")
    await practice.run()
    expected = {"settled": "sent", "refused_late": "expired"}
    for _ in range(2):
        for name, person in people.items():
            assert (await practice.touches(person))["day_before"][0] == expected.get(name, name), name
        practice.mailer.feed.epoch = UUID(int=1)
        await practice.run("follow_mailer")
    decided = await practice.rows("select count(*) as n from decisions where state = 'bounced'")
    assert decided[0]["n"] == 1


async def test_hold_and_full_relays_stop_dispatch(practice: Practice) -> None:
    """I20, architecture 3: nothing leaves on HOLD, and no more than the relays can carry in minutes is handed over."""
    for _ in range(3):
        practice.appointment(practice.person(), "2026-03-05 15:00")
    await practice.run()
    await practice.rows("update service_state set on_hold = true")
    await practice.move_to("2026-03-04 10:00")
    assert practice.messages == []
    await practice.rows("update service_state set on_hold = false")
    deps = practice.scheduler.deps
    group = partial(group_due, deps.worker_db, types=deps.types, now=deps.clock.now(), rules=deps.rules, most_open=2)
    while await group():
        pass
    await practice.run("submit")
    assert len(practice.messages) == 2
    practice.outcome(practice.messages[0], "sent")
    await practice.run("follow_mailer")
    await group()
    await practice.run("submit")
    assert len(practice.messages) == 3


@pytest.mark.parametrize("end", [("failed", "prepare_failed"), ("bounced", "mailbox_full")])
async def test_what_failed_is_sent_again_when_a_person_asks(practice: Practice, end: tuple[MessageState, str]) -> None:
    """I22: the mailer gives it back, planning looks at it anew, and it goes under another message id the same day."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    practice.outcome(practice.messages[0], *end)
    await practice.run()
    assert (await practice.touches(ana))["day_before"] == end
    path = f"/v1/campaigns/{practice.campaigns['appointment_reminder']}/resend"
    answer = await practice.scheduler.http.post(path, json={}, headers=practice.headers())
    assert answer.status_code == 202, answer.text
    (asked,) = await practice.rows("select destination, path from outbox")
    assert (asked["destination"], asked["path"]) == ("mailer", "/v1/messages/resend")
    practice.outcome(practice.messages[0], "recheck", "resend")
    await practice.run("follow_mailer")
    assert (await practice.touches(ana))["day_before"] == ("held", "resend")
    practice.clock.move(timedelta(minutes=2))
    await practice.run("plan", "group", "submit")
    first, second = practice.messages
    assert first.touches == second.touches
    assert first.message_id != second.message_id


async def test_a_sent_touch_is_not_taken_back_by_a_recheck(practice: Practice) -> None:
    """Never twice: only what failed may come back from its end."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    practice.outcome(practice.messages[0], "sent")
    await practice.run()
    practice.outcome(practice.messages[0], "recheck", "resend")
    await practice.run()
    assert (await practice.touches(ana))["day_before"] == ("sent", None)
    assert len(practice.messages) == 1
