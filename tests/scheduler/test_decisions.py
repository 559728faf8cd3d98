"""Why, on any day: what was sent, held, skipped, moved and merged, by which rule and because of which record."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.scheduler.domain.decisions import _OF_TRIGGERS
from services.scheduler.domain.situations import SITUATIONS
from services.scheduler.domain.triggers import TRIGGERS
from services.scheduler.store.situations import CONDITIONS
from shared.kit.clock import ManualClock
from shared.schemas.planning_facts import RecareDueFacts
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice


async def decided(practice: Practice, consumer_id: UUID, **params: str) -> list[dict[str, Any]]:
    """Return all decisions, page by page."""
    found: list[dict[str, Any]] = []
    params = {"limit": "2"} | params
    while True:
        answer = await practice.scheduler.http.get(
            f"/v1/consumers/{consumer_id}/decisions", params=params, headers=practice.headers()
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        assert all(row["explanation"].endswith(".") for row in page["items"])
        if page["next"] is None:
            return found
        params["after"] = page["next"]


def told(rows: list[dict[str, Any]]) -> list[tuple[str, str, str | None, str, str]]:
    """Return day, decision, reason, kind of record and its id."""
    return [
        (row["day"], row["decision"], row["reason"], row["record"]["kind"], row["record"]["record_id"]) for row in rows
    ]


def recare(practice: Practice, person: UUID, due_on: str) -> UUID:
    """Put a recare date into the feed."""
    due_id = uuid4()
    body = RecareDueFacts(
        recare_due_id=due_id, location_id=practice.location.location_id, consumer_id=person, recare_kind="prophy",
        due_on=date.fromisoformat(due_on), interval_days=182, status="open", historic=False, deleted=False,
    )  # fmt: skip
    practice.ingest.feed.put(practice.subscriber.subscriber_id, "recare_due", due_id, body)
    return due_id


async def test_what_was_sent_is_told_for_its_day_with_rule_and_record(practice: Practice) -> None:
    """S-003: planned by the appointment, handed over and sent on the day before it, and nothing on the day between."""
    ana = practice.person()
    booked = practice.appointment(ana, "2026-03-05 15:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    (message,) = practice.messages
    practice.outcome(message, "sent")
    await practice.run("follow_mailer")
    record, sent = ("appointment", str(booked)), ("message", str(message.message_id))
    on_the_day = await decided(practice, ana, day="2026-03-04")
    # The step before it never came to be of use, for nothing ran on its own day.
    assert [row["reason"] for row in on_the_day if row["step"] == "three_days"] == ["too_late"]
    rows = [row for row in on_the_day if row["step"] == "day_before"]
    assert told(rows) == [
        ("2026-03-02", "planned", None, *record),
        ("2026-03-04", "dispatched", None, *sent),
        ("2026-03-04", "sent", None, *sent),
    ]
    assert {row["campaign_type"] for row in rows} == {"appointment_reminder"}
    assert rows[0]["explanation"] == (
        f"Appointment reminder, step day_before: planned for 2026-03-04 10:00. Decided by appointment {booked}."
    )
    assert await decided(practice, ana, day="2026-03-03") == []
    span = await decided(practice, ana, first_day="2026-03-02", last_day="2026-03-04")
    assert {row["step"] for row in span} == {"two_weeks", "three_days", "day_before"}
    assert span == await decided(practice, ana)


async def test_a_skip_names_the_appointment_that_caused_it(clock: ManualClock, neighbours: Neighbours) -> None:
    """N-63, S-003: of the recare series, the booking that made it needless, even after that has long been cancelled."""
    practice = await open_practice(clock, neighbours)
    await practice.switch_on("recare_due")
    ana = practice.person()
    due = recare(practice, ana, "2026-04-06")
    await practice.run()
    booked = practice.appointment(ana, "2026-03-20 09:00")
    await practice.run()
    practice.appointment(ana, "2026-03-20 09:00", id=booked, status="cancelled")
    await practice.run()
    month_before = [row for row in await decided(practice, ana) if row["step"] == "month_before"]
    assert told(month_before) == [
        ("2026-03-02", "planned", None, "recare_due", str(due)),
        ("2026-03-02", "skipped", "booked_ahead", "appointment", str(booked)),
        ("2026-03-02", "planned", None, "recare_due", str(due)),
    ]


async def test_what_gave_way_is_told_for_the_old_day_and_the_new_with_the_mail_it_gave_way_to(
    practice: Practice,
) -> None:
    """N-02, S-003: the reminder took the day, the thank-you moved to the next."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-05 15:00")
    practice.visit(ana, "2026-03-03 09:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    (message,) = practice.messages
    for day in ("2026-03-04", "2026-03-05"):
        (moved,) = [row for row in await decided(practice, ana, day=day) if row["decision"] == "moved"]
        assert moved["reason"] == "moved_other_mail"
        assert moved["record"] == {"kind": "message", "record_id": str(message.message_id)}
        assert "moved from 2026-03-04 10:00 to 2026-03-05 10:00" in moved["explanation"]


async def test_a_family_in_one_mail_is_told_as_merged(practice: Practice) -> None:
    """N-01, S-003: each touch names the others of its message."""
    mailbox = "family@example.com"
    ana = practice.person("Ana", mailbox)
    bo = practice.person("Bo", mailbox)
    for person, time in ((ana, "15:00"), (bo, "15:45")):
        practice.appointment(person, f"2026-03-05 {time}")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    rows = {person: await decided(practice, person, day="2026-03-04") for person in (ana, bo)}
    (one,), (other,) = ([row for row in rows[person] if row["decision"] == "merged"] for person in (ana, bo))
    assert one["message_id"] == other["message_id"]
    assert (one["merged_with"], other["merged_with"]) == ([other["touch_id"]], [one["touch_id"]])


async def test_holds_and_people_name_their_own_records(practice: Practice) -> None:
    """S-003: a paused campaign, a person who died."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-12 15:00")
    await practice.run()
    await practice.set_state("appointment_reminder", "paused")
    await practice.run()
    practice.person(id=ana, status="deceased")
    await practice.run()
    rows = [row for row in await decided(practice, ana) if row["step"] == "day_before"]
    assert told(rows)[1:] == [
        ("2026-03-02", "held", "campaign_paused", "campaign", str(practice.campaigns["appointment_reminder"])),
        ("2026-03-02", "skipped", "person_deceased", "consumer", str(ana)),
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"first_day": "2026-03-02"},
        {"last_day": "2026-03-02"},
        {"day": "2026-03-02", "first_day": "2026-03-02", "last_day": "2026-03-03"},
        {"first_day": "2026-03-03", "last_day": "2026-03-02"},
    ],
)
async def test_days_that_are_none_are_refused(practice: Practice, params: dict[str, str]) -> None:
    """Bad input: a stable code and what to write instead."""
    answer = await practice.scheduler.http.get(
        f"/v1/consumers/{uuid4()}/decisions", params=params, headers=practice.headers()
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "span_unusable")


async def test_nobody_reads_of_people_of_others(practice: Practice) -> None:
    """S2: unknown, another subscriber's and another location's people read the same."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-12 15:00")
    await practice.run()
    for headers in (practice.headers(subscriber_id=uuid4()), practice.headers(locations=(uuid4(),))):
        answer = await practice.scheduler.http.get(f"/v1/consumers/{ana}/decisions", headers=headers)
        assert answer.status_code == 404


async def test_the_verdict_tells_of_the_latest_touch_however_many_there_are(practice: Practice) -> None:
    """S-003: more touches than an answer shows leave the verdict exact."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-12 15:00")
    await practice.run()
    await practice.rows(
        """insert into touches (subscriber_id, touch_id, campaign_id, campaign_type, location_id, step, cycle, consumer_id, trigger_id, kind,
            counts, rank, about_at, zone, planned_local, due_local, due_at, next_at, useful_until, state, rule_version)
        select subscriber_id, gen_random_uuid(), campaign_id, campaign_type, location_id, step, 'old' || n, consumer_id, gen_random_uuid(), kind,
            counts, rank, about_at - interval '1 year', zone, planned_local, due_local, due_at - interval '1 year', next_at, useful_until, 'sent', 1
        from touches, generate_series(1, 510) n where step = 'day_before'"""
    )
    verdicts = {row["campaign_type"]: row["reason"] for row in (await practice.reasons(ana))["verdicts"]}
    assert verdicts["appointment_reminder"] == "planned"


def test_every_situation_and_kind_of_record_is_known() -> None:
    """I18: a new one cannot be forgotten."""
    assert set(CONDITIONS) == set(SITUATIONS)
    assert set(_OF_TRIGGERS) == set(TRIGGERS)
