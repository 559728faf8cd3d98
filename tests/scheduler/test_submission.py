"""Handing in: whom a refusal is about, whose claim it is, and what becomes of messages that were handed in twice."""

import pytest

from tests.scheduler.practice import Practice


async def _again(practice: Practice) -> None:
    """Let leases and pauses be over and dispatch once more."""
    await practice.rows("update messages set lease_until = null where ended_at is null")
    await practice.run("dispatch")


@pytest.mark.parametrize("status", [302, 401, 403, 404, 408, 409, 413, 418])
async def test_a_call_turned_away_as_a_whole_ends_no_touch(practice: Practice, status: int) -> None:
    """Architecture 3: clock skew, a limit or a wrong address at the mailer is no word about messages; the same ones go again."""
    people = [practice.person(), practice.person()]
    for person in people:
        practice.appointment(person, "2026-03-05 15:00")
    await practice.run()
    practice.mailer.turns_away = status
    await practice.move_to("2026-03-04 10:00")
    frozen = {
        row["message_id"] for row in await practice.rows("select message_id from messages where state = 'grouped'")
    }
    for person in people:
        assert (await practice.touches(person))["day_before"] == ("dispatched", None)
    practice.mailer.turns_away = None
    await _again(practice)
    assert {message.message_id for message in practice.messages} == frozen
    assert len(frozen) == 2


async def test_only_the_malformed_message_of_a_malformed_call_fails(practice: Practice) -> None:
    """Architecture 3: after a 422 each message goes alone, and only the one refused alone ends."""
    good, bad = practice.person(), practice.person()
    for person in (good, bad):
        practice.appointment(person, "2026-03-05 15:00")
    await practice.run()
    practice.mailer.malformed.add(bad)
    await practice.move_to("2026-03-04 10:00")
    assert (await practice.touches(bad))["day_before"] == ("failed", "invalid_request")
    assert (await practice.touches(good))["day_before"] == ("dispatched", None)
    assert len(practice.messages) == 1


async def test_a_touch_that_another_message_carries_waits_for_that_ones_outcome(practice: Practice) -> None:
    """I12: `touch_taken` is no failure: the mail is on its way under another id, and its outcome is the touch's."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    (live,) = practice.messages
    await practice.rows("update messages set state = 'void', outcome = 'held', ended_at = grouped_at")
    await practice.rows("update touches set state = 'planned', message_id = null where state = 'dispatched'")
    practice.mailer.refuses = "touch_taken"
    await practice.run("dispatch")
    assert (await practice.touches(ana))["day_before"] == ("held", "touch_taken")
    practice.outcome(live, "sent")
    await practice.run()
    assert (await practice.touches(ana))["day_before"] == ("sent", None)
