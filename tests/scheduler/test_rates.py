"""Rates: every one of them over a few people whose fates are known, with the rows it is the sum of."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.scheduler.domain.rates import FORMULAS, NAMES
from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.due_world import put_line, put_recare
from tests.scheduler.practice import Practice, open_practice
from tests.scheduler.test_reports import put_touches, rows_of, show

FEBRUARY = {"first_day": "2026-02-01", "last_day": "2026-02-28"}
AUTUMN = {"first_day": "2025-10-01", "last_day": "2025-12-31"}
_SENT_BY = "update touches set message_id = gen_random_uuid() where touch_id = $1 returning message_id"
_ANNOUNCED = """
insert into announcements (subscriber_id, message_id, appointment_id, consumer_id, starts_at, announced_at)
select subscriber_id, $2, appointment_id, consumer_id, coalesce($3, starts_at), starts_at - interval '2 days' from appointments
where appointment_id = $1
"""
_CONFIRMED = """
insert into confirmations (subscriber_id, appointment_id, starts_at, consumer_id, confirmation_id, message_id, confirmed_at)
select subscriber_id, appointment_id, starts_at, consumer_id, gen_random_uuid(), gen_random_uuid(), starts_at + $2::interval
from appointments where appointment_id = $1
"""


@pytest.fixture
async def desk(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a live practice whose location is drawn. It is Monday 2026-03-02, 07:00 in Los Angeles."""
    practice = await open_practice(clock, neighbours)
    await practice.run("plan")
    return practice


async def rate(
    practice: Practice, name: str, span: dict[str, str] = FEBRUARY
) -> tuple[int, int, int | None, int | None]:
    """Return (records, counted, cents, counted cents) of a rate, after holding them against its rows."""
    (figure,) = [item for item in await show(practice, "rates", **span) if item["name"] == name]
    rows = await rows_of(practice, "rates", rate=name, **span)
    assert len({row["record_id"] for row in rows}) == len(rows) == figure["records"]
    counted = [row for row in rows if row["is_counted"]]
    assert len(counted) == figure["counted"]
    assert figure["rate"] == (pytest.approx(len(counted) / len(rows)) if rows else None)
    for own, cents in ((rows, figure["cents"]), (counted, figure["counted_cents"])):
        amounts = [row["cents"] for row in own if row["cents"] is not None]
        assert cents == (sum(amounts) if amounts else None)
    return figure["records"], figure["counted"], figure["cents"], figure["counted_cents"]


async def book(practice: Practice, *fates: tuple[str, str]) -> list[UUID]:
    """Put appointments on file: local start, status; each of somebody else."""
    keys = [practice.appointment(practice.person(), starts, status=status) for starts, status in fates]
    await practice.run("follow_ingest")
    return keys


async def announce(
    practice: Practice,
    keys: Sequence[UUID],
    *,
    kind: str = "appointment_reminder",
    state: str = "sent",
    other: datetime | None = None,
) -> None:
    """Let a mail have told of each; `other`: with this start instead of its own."""
    for key in keys:
        (touch,) = await put_touches(practice, (kind, uuid4(), practice.at("2026-02-01 10:00"), state, ""))
        ((message_id,),) = await practice.rows(_SENT_BY, touch)
        await practice.rows(_ANNOUNCED, key, message_id, other)


async def test_confirmed_are_those_who_clicked_before_a_start_they_were_reminded_of(desk: Practice) -> None:
    """Domain 2.5: not what was cancelled, never mailed, mailed in vain, told with another start, confirmed too late or begins yet."""
    fates = ("completed", "completed", "no_show", "cancelled", "completed", "completed", "completed")
    keys = await book(
        desk, *((f"2026-02-{10 + n} 09:00", fate) for n, fate in enumerate(fates)), ("2026-03-20 09:00", "booked")
    )
    await announce(desk, [*keys[:4], keys[7]])
    await announce(desk, [keys[4]], state="bounced")
    await announce(desk, [keys[5]], other=desk.at("2026-02-15 08:00"))
    await announce(desk, [keys[6]], kind="appointment_booked")
    for key, when in ((keys[0], timedelta(hours=-20)), (keys[1], timedelta(hours=1)), (keys[7], timedelta(hours=-1))):
        await desk.rows(_CONFIRMED, key, when)
    assert await rate(desk, "confirmed", FEBRUARY | {"last_day": "2026-03-31"}) == (3, 1, None, None)


async def test_missed_appointments_are_told_apart_by_whether_mail_told_of_them(desk: Practice) -> None:
    """Domain 2.5: no-show / (completed + no-show), by local day: at 23:30 on 28 February it is March in UTC."""
    told = await book(
        desk, ("2026-02-10 09:00", "completed"), ("2026-02-28 23:30", "no_show"), ("2026-02-12 09:00", "cancelled")
    )
    await announce(desk, told, kind="appointment_booked")
    await book(
        desk, ("2026-02-10 09:00", "no_show"), ("2026-02-11 09:00", "no_show"), ("2026-01-31 23:30", "completed")
    )
    assert await rate(desk, "missed_reminded") == (2, 1, None, None)
    assert await rate(desk, "missed_unreminded") == (2, 2, None, None)


async def test_recare_booked_takes_dates_since_which_sixty_days_have_passed(desk: Practice) -> None:
    """Domain 2.5: booked by then, or come around the date; two steps about one date are one record; booked too late or long ago does not count."""
    due = desk.at("2025-12-01 00:00")
    names = ("booked", "came", "late", "cancelled", "before", "silent")
    people = {name: desk.person(name) for name in names}
    for person in (*people.values(), people["booked"]):
        await put_touches(desk, ("recare_due", person, due, "sent", ""))
    await put_touches(desk, ("recare_due", people["silent"], desk.at("2026-01-20 00:00"), "sent", ""))
    for name, days, status in (
        ("booked", 55, "booked"),
        ("late", 70, "booked"),
        ("cancelled", 5, "cancelled"),
        ("before", -90, "booked"),
    ):
        moment = due + timedelta(days=days)
        desk.appointment(people[name], moment + timedelta(days=9), booked_at=moment, status=status)
    desk.visit(people["came"], due + timedelta(days=59))
    desk.visit(people["silent"], due + timedelta(days=61))
    await desk.run("follow_ingest")
    assert await rate(desk, "recare_booked", AUTUMN | {"last_day": "2026-02-28"}) == (6, 2, None, None)


async def test_overdue_and_booked_ahead_are_told_of_now(desk: Practice) -> None:
    """Domain 2.5: the pool of the overdue, and active people with an appointment ahead; a start that has passed is none."""
    booked, past, silent, gone = (desk.person() for _ in range(4))
    desk.person("Gil", id=gone, status="inactive")
    for person in (booked, past, silent, gone):
        put_recare(desk, person, date(2026, 2, 20))
        desk.visit(person, "2025-08-20 10:00")
    put_recare(desk, desk.person(), date(2026, 3, 2))
    put_recare(desk, desk.person(), date(2026, 1, 2), status="disabled")
    desk.visit(desk.person(), "2024-08-20 10:00")
    desk.appointment(booked, "2026-03-09 10:00")
    desk.appointment(past, "2026-02-27 10:00")
    await desk.run("follow_ingest")
    assert await rate(desk, "recare_overdue") == (4, 2, None, None)
    assert await rate(desk, "pre_booked") == (3, 1, None, None)


async def test_returns_and_recovered_work_have_their_amounts(desk: Practice) -> None:
    """Domain 2.5: who came within ninety days of the first invitation, and what was done after mail about it, by the work's own quote."""
    sent = desk.at("2025-11-03 10:00")
    came, late, again = (desk.person() for _ in range(3))
    for person in (came, late, again):
        await put_touches(desk, ("reactivation", person, sent, "sent", ""))
    await put_touches(
        desk, ("reactivation", again, sent + timedelta(days=5), "sent", ""), ("reactivation", came, sent, "bounced", "")
    )
    for person, days, cents in ((came, 80, 9_000), (came, 89, 1_000), (late, 91, 5_000), (again, 4, 700)):
        desk.visit(person, sent + timedelta(days=days), total_cents=cents)
    lines = [
        put_line(desk, person, None, "2025-10-20 10:00", service_kind=kind, total_cents=cents)
        for person, kind, cents in ((came, "brake_pads", 30_000), (late, "tires", 50_000), (again, "", 9_900))
    ]
    put_line(desk, came, None, "2025-11-20 10:00", state="done")
    put_line(desk, late, None, "2025-10-25 10:00", service_kind="tires", state="done")
    put_line(desk, again, None, "2025-11-20 10:00", service_kind="", state="done")
    await desk.run("follow_ingest")
    for line in lines:
        (touch,) = await put_touches(desk, ("declined_service", uuid4(), sent, "sent", ""))
        await desk.rows("update touches set trigger_id = $2 where touch_id = $1", touch, line)
    assert await rate(desk, "reactivated", AUTUMN) == (3, 2, 10_700, 10_700)
    assert await rate(desk, "declined_recovered", AUTUMN) == (3, 1, 89_900, 30_000)


async def test_retained_are_those_of_the_year_before_who_came_again(desk: Practice) -> None:
    """Domain 2.5: the twelve months that end with the span against the twelve before."""
    both, first, second = (desk.person() for _ in range(3))
    for person, day in (
        (both, "2025-02-28"),
        (first, "2024-03-01"),
        (both, "2025-03-01"),
        (second, "2026-02-28"),
        (first, "2026-03-01"),
    ):
        desk.visit(person, f"{day} 12:00")
    await desk.run("follow_ingest")
    assert await rate(desk, "retained") == (2, 1, None, None)


async def test_every_rate_states_its_formula_and_is_null_without_records(desk: Practice) -> None:
    """S-006: an empty practice has no rate of nothing; an unknown rate is refused."""
    figures: list[dict[str, Any]] = await show(desk, "rates", **FEBRUARY)
    assert [(item["name"], item["formula"], item["records"], item["rate"]) for item in figures] == [
        (name, FORMULAS[name], 0, None) for name in NAMES
    ]
    params = FEBRUARY | {"rate": "invented"}
    refused = await desk.scheduler.http.get("/v1/reports/rates/rows", params=params, headers=desk.headers())
    assert refused.status_code == 422


async def test_no_record_of_another_subscriber_is_counted(desk: Practice) -> None:
    """S2: neither rates nor rows tell of others."""
    desk.visit(desk.person(), "2025-08-20 10:00")
    await desk.run("follow_ingest")
    http, other = desk.scheduler.http, desk.headers(subscriber_id=uuid4())
    figures = (await http.get("/v1/reports/rates", params=FEBRUARY, headers=other)).json()["items"]
    assert {item["records"] for item in figures} == {0}
    params = FEBRUARY | {"rate": "pre_booked"}
    assert (await http.get("/v1/reports/rates/rows", params=params, headers=other)).json()["items"] == []
