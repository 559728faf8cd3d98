"""Handing in: whom a refusal is about, whose claim it is, and what becomes of messages that were handed in twice."""

from datetime import timedelta
from itertools import chain, repeat
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from services.scheduler.actions.submit_messages import submit_messages
from services.scheduler.domain.reasons import reason_sentence
from services.scheduler.store.messages import release_touches
from tests.scheduler.practice import Practice


async def _again(practice: Practice) -> None:
    """Let leases and pauses be over and dispatch once more."""
    await practice.rows("update messages set lease_until = null where ended_at is null")
    await practice.run("group", "submit")


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
    await practice.run("group", "submit")
    assert (await practice.touches(ana))["day_before"] == ("held", "touch_taken")
    practice.outcome(live, "sent")
    await practice.run()
    assert (await practice.touches(ana))["day_before"] == ("sent", None)


async def _grouped(practice: Practice) -> None:
    """Leave a message grouped that the mailer never answered for, free to be claimed."""
    practice.appointment(practice.person(), "2026-03-05 15:00")
    await practice.run()
    practice.mailer.is_silent = True
    await practice.move_to("2026-03-04 10:00")
    practice.mailer.is_silent, practice.mailer.submissions = False, 0
    await practice.rows("update messages set lease_until = null, attempts = 0")


async def _submit(practice: Practice, *ticks: float) -> None:
    """Submit with a worker whose ticks read like this one after the other; the last reading stays."""
    deps, readings = practice.scheduler.deps, chain(ticks, repeat(ticks[-1]))
    await submit_messages(
        deps.worker_db,
        ingest=deps.ingest,
        mailer=deps.mailer,
        types=deps.types,
        stock=deps.stock,
        answer_links=deps.links,
        now=deps.clock.now(),
        recheck_minutes=deps.settings.recheck_minutes,
        ticks=lambda: next(readings),
    )


@pytest.mark.parametrize("ticks", [(5.0, 15.0), (5.0, 6.0, 15.0)])
async def test_a_worker_that_stood_still_submits_nothing(practice: Practice, ticks: tuple[float, ...]) -> None:
    """I12: ten seconds after its claim a worker begins no call, and leaves the message to the lease's end."""
    await _grouped(practice)
    await _submit(practice, *ticks)
    assert practice.mailer.submissions == 0
    rows = await practice.rows(
        "select state, lease_until > clock_timestamp() + interval '20 seconds' as leased from messages"
    )
    assert [tuple(row) for row in rows] == [("grouped", True)]
    await _again(practice)
    assert len(practice.messages) == 1


async def test_a_worker_that_stood_still_takes_nothing_back_either(practice: Practice) -> None:
    """I12: calling back goes by touch, and the touch may be in another worker's message by now."""
    await _grouped(practice)
    await practice.rows("update messages set attempts = 1")
    await practice.rows("update touches set withdraw_reason = 'campaign_paused' where state = 'dispatched'")
    await _submit(practice, 0.0, 11.0)
    assert practice.mailer.cancelled == []


async def test_what_a_worker_found_too_long_ago_is_not_written_down(practice: Practice) -> None:
    """I12: a misfit found by a worker whose lease has since run out may be another worker's submitted touch."""
    await _grouped(practice)
    for row in practice.ingest.people.values():
        row |= {"address": None, "address_key": None}
    await _submit(practice, 0.0, 1.0, 26.0)
    assert [row["state"] for row in await practice.rows("select state from messages")] == ["grouped"]
    assert await practice.rows("select from touches where state = 'held'") == []


async def test_a_touch_is_released_only_from_the_message_it_was_found_in(practice: Practice) -> None:
    """I12: grouped again meanwhile, it belongs to the new message."""
    await _grouped(practice)
    (row,) = await practice.rows("select subscriber_id, touch_id, message_id from touches where state = 'dispatched'")
    touch = (row["subscriber_id"], row["touch_id"])
    for message_id, state in ((uuid4(), "dispatched"), (row["message_id"], "held")):
        async with practice.scheduler.deps.worker_db.transaction() as connection:
            await release_touches(connection, {touch: (message_id, "address_changed")}, now=practice.clock.now())
        rows = await practice.rows("select state from touches where touch_id = $1", touch[1])
        assert [found["state"] for found in rows] == [state]


async def test_our_own_take_back_ends_no_touch_whenever_its_outcome_comes(practice: Practice) -> None:
    """N-08: the feed may say `cancelled` before the one who asked has written it down; the touch is grouped again all the same."""
    ana = practice.person("Ana", "old@example.com")
    practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    await practice.rows("update messages set state = 'grouped', submitted_at = null, lease_until = 'infinity'")
    practice.outcome(practice.messages[0], "cancelled", "cancelled")
    await practice.run("follow_mailer")
    assert (await practice.touches(ana))["day_before"] == ("held", "regrouped")
    practice.person("Ana", "new@example.com", id=ana)
    await practice.run()
    assert [message.address for message in practice.messages] == ["old@example.com", "new@example.com"]


async def test_an_uncertain_touch_follows_every_later_word_of_its_message(practice: Practice) -> None:
    """I12, architecture 2: what was uncertain may turn out stopped, to be looked at again, or deferred and then sent."""
    words = {
        "stopped": ("suppressed",),
        "again": ("recheck",),
        "late": ("deferred", "sent"),
        "over": ("deferred", "expired"),
    }
    people = {name: practice.person() for name in words}
    for person in people.values():
        practice.appointment(person, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    of = {message.touches[0].person_id: message for message in practice.messages}
    for name, person in people.items():
        for state in ("uncertain", *words[name]):
            practice.outcome(of[person], state, "waited_too_long" if state == "recheck" else None)  # type: ignore[arg-type]
            await practice.run("follow_mailer")
    found = {name: (await practice.touches(person))["day_before"] for name, person in people.items()}
    assert found == {
        "stopped": ("suppressed", None),
        "again": ("held", "waited_too_long"),
        "late": ("sent", None),
        "over": ("expired", None),
    }
    practice.clock.move(timedelta(minutes=1))
    await practice.run()
    assert [message.touches[0].person_id for message in practice.messages[4:]] == [people["again"]]


async def test_what_is_no_longer_wanted_when_it_turns_out_deferred_is_asked_back(practice: Practice) -> None:
    """N-41: a cancellation while nobody knew whether the mail had left still counts when it turns out that it had not."""
    ana = practice.person()
    booked = practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    (message,) = practice.messages
    practice.outcome(message, "uncertain")
    await practice.run("follow_mailer")
    practice.appointment(ana, "2026-03-05 15:00", id=booked, status="cancelled")
    await practice.run()
    assert practice.mailer.cancelled == []
    practice.outcome(message, "deferred")
    await practice.run()
    await practice.run("deliver_outbox")
    assert practice.mailer.cancelled == [message.touches[0].touch_id]


async def test_a_dead_address_ends_its_touch_quietly(practice: Practice) -> None:
    """L-075: an address that bounced is nothing to wake anybody for; any other refusal for good is an error of ours."""
    seen = {}
    for code, day in (("address_unreachable", "05"), ("origin_not_yours", "06")):
        ana = practice.person()
        practice.appointment(ana, f"2026-03-{day} 15:00")
        practice.mailer.refuses = code
        await practice.run()
        with capture_logs() as lines:
            await practice.move_to(f"2026-03-0{int(day) - 1} 10:00")
        assert (await practice.touches(ana))["day_before"] == ("failed", code)
        seen[code] = [line["event"] for line in lines if line["log_level"] == "error"]
    assert seen == {"address_unreachable": [], "origin_not_yours": ["message_refused"]}
    assert "bounced" in reason_sentence("address_unreachable")
