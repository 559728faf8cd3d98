"""Complaints per header-from domain and day: alarm, pause of commercial mail by itself, release by time or by a person (L-061)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock, call
from uuid import UUID, uuid4

import pytest

from services.mailer.content.own_stock import own_contents
from services.mailer.domain.complaint_rate import DayCount, Pause, judge_state, may_go_on, must_pause
from shared.schemas.mailer import PLATFORM_SENDER
from tests.fixtures.services import service_headers
from tests.mailer.delivery.contents import COMMERCIAL, add_content
from tests.mailer.delivery.own_mail import own_message, submit_own
from tests.mailer.delivery.world import World

TODAY = date(2026, 3, 12)


def at(day: date) -> datetime:
    """Noon of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def ago(days: int, sent: int, complaints: int) -> DayCount:
    """The counts of a day some days ago."""
    return DayCount(TODAY - timedelta(days=days), sent, complaints)


@pytest.mark.parametrize(
    ("day", "state", "pauses"),
    [
        (ago(0, 100_000, 79), "good", False),
        (ago(0, 100_000, 80), "alarm", False),
        (ago(6, 100_000, 80), "alarm", False),
        (ago(7, 100_000, 9000), "good", False),
        (ago(0, 100_000, 249), "alarm", False),
        (ago(0, 100_000, 250), "alarm", True),
        (ago(0, 20, 1), "good", False),
        (ago(0, 20, 2), "alarm", False),
        (ago(0, 20, 3), "alarm", True),
        (ago(0, 0, 3), "good", False),
    ],
)
def test_the_rates_are_those_of_the_rule_and_few_complaints_stop_nobody(
    day: DayCount, state: str, pauses: bool
) -> None:
    """L-061: 0.08 % and two complaints warn, 0.25 % and three pause, over seven days."""
    assert judge_state([day], today=TODAY, is_paused=False) == state
    assert must_pause([day], today=TODAY, last=None) is pauses


def test_a_pause_ends_after_seven_days_below_and_forgives_what_came_before_its_end() -> None:
    """L-061: mitigation only after seven days below; a person's word counts until something new happens."""
    bad = ago(3, 1000, 9)
    pause = Pause(at(TODAY - timedelta(days=3)))
    assert not may_go_on([bad], today=TODAY, pause=pause)
    assert not may_go_on([bad], today=TODAY + timedelta(days=3), pause=pause)
    assert may_go_on([bad], today=TODAY + timedelta(days=4), pause=pause)
    assert not may_go_on([bad, ago(0, 1000, 9)], today=TODAY + timedelta(days=4), pause=pause)
    lifted = Pause(pause.paused_at, at(TODAY - timedelta(days=1)), "person")
    assert not must_pause([bad], today=TODAY, last=lifted)
    assert must_pause([bad, ago(0, 1000, 9)], today=TODAY, last=lifted)


async def _sent(world: World, number: int, **values: Any) -> list[UUID]:
    """Messages that were sent, as settling leaves them."""
    ids = await world.queue(*(f"p{uuid4().hex[:8]}@example.com" for _ in range(number)), **values)
    await _settle_sent(world, ids)
    return ids


async def _settle_sent(world: World, ids: list[UUID]) -> None:
    await world.database.execute(
        "with moved as (update messages set state = 'sent', final_at = $2 where message_id = any ($1) returning *) "
        "insert into changes (subscriber_id, kind, key, body) select subscriber_id, 'outcome', message_id, "
        "jsonb_build_object('state', state, 'at', final_at) from moved",
        ids,
        world.now,
    )


async def _complain(world: World, messages: list[UUID]) -> None:
    await world.database.executemany(
        "insert into reports (subscriber_id, report_id, message_id, address_key, kind, reported_at) "
        "select subscriber_id, gen_random_uuid(), message_id, address_key, 'complaint', $2 from messages where message_id = $1",
        [(message, world.now) for message in messages],
    )


async def _watch(world: World) -> None:
    while await world.mailer.step("watch_complaints"):
        pass


async def _status(world: World) -> Any:
    headers = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="locations")
    answer = await world.mailer.http.get("/v1/sender-domains/brightsmile.example.com/complaints", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _stop(world: World, state: str) -> None:
    path = f"/v1/stops/commercial/{world.subscriber.subscriber_id}"
    headers = service_headers("portal", "mailer")
    assert (await world.mailer.http.put(path, json={"state": state}, headers=headers)).status_code == 200


async def _claimed_and_marked(world: World) -> set[str]:
    """Classes that a worker gets past claim and marker."""
    await world.grant_lease()
    claimed = await world.claim()
    await world.mark(claimed)
    return {message.message_class for message in claimed}


async def test_complaints_pause_commercial_mail_by_themselves_and_the_rest_goes_on(alone: World) -> None:
    """L-061: counted once however often it is looked at, shown by API, lifted by a person, not paused again for the same complaints."""
    sent = await _sent(alone, 30, content_id=str(alone.commercial_id))
    await _complain(alone, sent[:2])
    await _watch(alone)
    await _watch(alone)
    shown = await _status(alone)
    assert shown["state"] == "alarm"
    assert [(day["sent"], day["complaints"]) for day in shown["days"]] == [(30, 2)]
    await _complain(alone, sent[:3])
    await _watch(alone)
    assert (await _status(alone))["state"] == "paused"
    await alone.queue("a@example.com", content_id=str(alone.commercial_id))
    await alone.queue("b@example.com")
    assert await _claimed_and_marked(alone) == {"transactional"}
    await _stop(alone, "running")
    await _watch(alone)
    assert (await _status(alone))["state"] == "alarm"
    assert await _claimed_and_marked(alone) == {"commercial"}
    await _watch(alone)
    assert await alone.database.fetch("select * from stops") == []


async def test_an_alarm_is_logged_when_it_begins(alone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """L-061: once for each day that gives reason, by ids and numbers; one complaint is none, and what pauses says so instead."""
    journal = Mock()
    monkeypatch.setattr("services.mailer.actions.watch_complaints.log", lambda part: journal)
    sent = await _sent(alone, 30, content_id=str(alone.commercial_id))
    told = []
    for complained in (1, 2, 2, 3):
        await _complain(alone, sent[:complained])
        journal.reset_mock()
        await _watch(alone)
        told.append(list(journal.mock_calls))
    business = str(alone.subscriber.subscriber_id)
    alarm = call.warning("complaint_alarm", subscriber_id=business, complaints=2, sent=30)
    assert told == [[], [alarm], [], [call.error("commercial_paused", subscriber_id=business)]]


@pytest.mark.parametrize("scope", ["commercial", "complaints"])
async def test_a_stopped_class_does_not_hold_up_the_rest_of_a_long_queue(alone: World, scope: str) -> None:
    """L-061, I24: more is due than one claim takes, in a campaign and in none; only transactional mail is claimed."""
    newsletter, reminders = str(uuid4()), str(uuid4())
    quiet = {"content_id": str(alone.commercial_id)}
    await alone.queue(*(f"a{n}@example.com" for n in range(6)), campaign_id=newsletter, **quiet)
    await alone.queue(*(f"b{n}@example.com" for n in range(3)), **quiet)
    await alone.queue("c@example.com", "d@example.com", campaign_id=reminders)
    await alone.queue("e@example.com", "f@example.com")
    await alone.database.execute("insert into stops values ($1, $2, now())", scope, str(alone.subscriber.subscriber_id))
    claimed = await alone.claim(limit=4)
    assert [message.message_class for message in claimed] == ["transactional"] * 4
    assert await alone.claim(limit=4) == []


async def test_a_pause_ends_by_itself_after_seven_days_below(alone: World) -> None:
    """L-061."""
    await _complain(alone, (await _sent(alone, 10))[:3])
    await _watch(alone)
    paused = await _status(alone)
    assert paused["release_not_before"] == (alone.now.date() + timedelta(days=7)).isoformat()
    alone.neighbours.clock.move(timedelta(days=6))  # type: ignore[attr-defined]
    await _watch(alone)
    assert (await _status(alone))["state"] == "paused"
    alone.neighbours.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    await _watch(alone)
    assert (await _status(alone))["state"] == "good"
    assert await alone.database.fetchval("select released_by from complaint_pauses") == "time"
    assert await alone.database.fetch("select * from stops") == []


async def test_the_stop_holds_inside_the_marker(alone: World) -> None:
    """I24, L-061: claimed before the pause, refused at the dot; transactional mail of the same business passes."""
    await alone.queue("a@example.com", content_id=str(alone.commercial_id))
    await alone.queue("b@example.com")
    await alone.grant_lease()
    claimed = await alone.claim()
    await _complain(alone, (await _sent(alone, 10))[:3])
    await _watch(alone)
    marked = await alone.mark(claimed)
    assert {message.message_class for message in claimed if message.message_id in marked} == {"transactional"}


async def test_complaints_about_mail_of_our_own_pause_its_commercial_part_and_no_business(alone: World) -> None:
    """L-061, S-081: leads wait, account mail and every business's mail go on; the operator sees it."""
    content_id = await add_content(alone.database, COMMERCIAL)
    lead = {"origin": "lead", "audience": "visitor", "topic": "prices", "asked_topic": "prices"}
    mails = [own_message(alone, f"p{number}@example.com", content_id, **lead) for number in range(10)]
    await submit_own(alone, *mails)
    sent = [UUID(mail["message_id"]) for mail in mails]
    await _settle_sent(alone, sent)
    await _complain(alone, sent[:3])
    await _watch(alone)
    shown = await alone.mailer.http.get("/v1/platform-sender/complaints", headers=service_headers("portal", "mailer"))
    assert (shown.json()["domain"], shown.json()["state"]) == ("dueback.example.com", "paused")
    await submit_own(alone, own_message(alone, "a@example.com", content_id, **lead))
    own = own_contents()["privacy_case", "en"]
    await alone.mailer.step("keep_platform")
    await submit_own(alone, own_message(alone, "a@example.com", own.content_id, fields=own.source.sample))
    await alone.queue("b@example.com", content_id=str(alone.commercial_id))
    await alone.grant_lease()
    claimed = await alone.claim()
    assert {(message.subscriber_id == PLATFORM_SENDER, message.message_class) for message in claimed} == {
        (True, "transactional"),
        (False, "commercial"),
    }


async def test_a_stop_by_a_person_is_never_lifted_by_the_watch(alone: World) -> None:
    """I24: whoever pressed stop lifts it."""
    await _stop(alone, "paused")
    await _watch(alone)
    alone.neighbours.clock.move(timedelta(days=30))  # type: ignore[attr-defined]
    await _watch(alone)
    await alone.queue("a@example.com", content_id=str(alone.commercial_id))
    assert await _claimed_and_marked(alone) == set()
