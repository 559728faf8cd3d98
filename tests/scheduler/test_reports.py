"""Reports: formulas that are stated, figures that are the sum of rows that can be listed, and an effect that is recovered."""

import csv
import io
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.scheduler.domain.rates import NAMES
from shared.kit.clock import ManualClock
from shared.schemas.mailer import Complaint
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

MARCH = {"first_day": "2026-03-01", "last_day": "2026-03-31"}
_TOUCHES = """
insert into touches (subscriber_id, touch_id, campaign_id, campaign_type, location_id, step, cycle, consumer_id, trigger_id, kind, counts, rank,
    about_at, zone, planned_local, due_local, due_at, next_at, useful_until, state, reason, rule_version, final_at)
select $1, t.id, $2, t.type, $3, 'one', t.id::text, t.consumer, t.consumer, 'x', true, 1, t.at, l.zone, t.at at time zone l.zone,
    t.at at time zone l.zone, t.at, t.at, t.at + interval '5 days', t.state, nullif(t.reason, ''), 1, t.at
from unnest($4::uuid[], $5::text[], $6::uuid[], $7::timestamptz[], $8::text[], $9::text[]) as t (id, type, consumer, at, state, reason)
join locations l on l.subscriber_id = $1 and l.location_id = $3
"""
_VISITS = """
insert into visits (subscriber_id, visit_id, location_id, consumer_id, completed_at, total_cents, historic, deleted)
select $1, gen_random_uuid(), $2, v.consumer, v.at, v.cents, false, false
from unnest($3::uuid[], $4::timestamptz[], $5::bigint[]) as v (consumer, at, cents)
"""


@pytest.fixture
async def desk(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a live practice whose location is drawn. It is Monday 2026-03-02, 07:00 in Los Angeles."""
    practice = await open_practice(clock, neighbours)
    await practice.run("plan")
    return practice


async def put_touches(practice: Practice, *rows: tuple[str, UUID, datetime, str, str]) -> list[UUID]:
    """Put touches on file: campaign type, person, instant, state, reason."""
    ids = [uuid4() for _ in rows]
    types, people, ats, states, reasons = ([row[n] for row in rows] for n in range(5))
    await practice.rows(
        _TOUCHES, practice.subscriber.subscriber_id, uuid4(), practice.location.location_id, ids, types, people, ats, states, reasons
    )  # fmt: skip
    return ids


async def put_visits(practice: Practice, *rows: tuple[UUID, datetime, int]) -> None:
    """Put completed visits on file: person, instant, cents."""
    people, ats, cents = ([row[n] for row in rows] for n in range(3))
    await practice.rows(_VISITS, practice.subscriber.subscriber_id, practice.location.location_id, people, ats, cents)


async def show(practice: Practice, name: str, **params: str) -> list[dict[str, Any]]:
    """Return a report's figures."""
    answer = await practice.scheduler.http.get(f"/v1/reports/{name}", params=params, headers=practice.headers())
    assert answer.status_code == 200, answer.text
    assert answer.json()["formula"].endswith(".")
    return list(answer.json()["items"])


async def rows_of(practice: Practice, name: str, **params: str) -> list[dict[str, Any]]:
    """Return all rows behind a figure, page by page."""
    found: list[dict[str, Any]] = []
    params = {"limit": "200"} | params
    while True:
        answer = await practice.scheduler.http.get(
            f"/v1/reports/{name}/rows", params=params, headers=practice.headers()
        )
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        params["after"] = answer.json()["next"]


async def test_an_effect_is_recovered_with_its_interval(desk: Practice) -> None:
    """S-006: of 6,000 mailed 30 % come, of 2,000 held out 20 %: the interval holds the difference and not zero; rows add up to the figures."""
    dice = random.Random(20260302)
    due = desk.at("2026-01-05 10:00")
    touches: list[tuple[str, UUID, datetime, str, str]] = []
    visits: list[tuple[UUID, datetime, int]] = []
    for number in range(8000):
        person, is_mailed = uuid4(), number < 6000
        state = ("sent", "") if is_mailed else ("skipped", "held_out")
        touches.append(("visit_thanks", person, due, *state))
        if dice.random() < (0.30 if is_mailed else 0.20):
            visits.append((person, due + timedelta(days=dice.uniform(0.1, 29.9)), 10_000))
        if dice.random() < 0.3:  # before the mail, and after the window: neither is a return
            visits.append((person, due - timedelta(days=3), 10_000))
            visits.append((person, due + timedelta(days=31), 10_000))
    await put_touches(desk, *touches)
    await put_visits(desk, *visits)
    span = {"first_day": "2026-01-01", "last_day": "2026-01-31"}
    (effect,) = await show(desk, "effects", **span)
    assert (effect["mailed"], effect["held_out"], effect["window_days"]) == (6000, 2000, 30)
    assert effect["lower"] <= 0.10 <= effect["upper"]
    assert effect["lower"] > 0
    assert effect["upper"] - effect["lower"] < 0.05
    rows = await rows_of(desk, "effects", campaign_type="visit_thanks", **span)
    for group in ("mailed", "held_out"):
        own = [row for row in rows if row["group"] == group]
        assert len(own) == effect[group]
        assert sum(row["returned_at"] is not None for row in own) == effect[f"{group}_returned"]


async def test_a_person_counts_once_and_only_when_the_window_is_over(desk: Practice) -> None:
    """S-006: two mails to one person are one person; whose thirty days are not over is not counted; what was never due is not, either."""
    early, late, skipped, out = (uuid4() for _ in range(4))
    old, new = desk.at("2026-01-05 10:00"), desk.at("2026-02-20 10:00")
    await put_touches(
        desk,
        ("visit_thanks", early, old, "bounced", "mailbox_full"),
        ("visit_thanks", early, old + timedelta(days=2), "sent", ""),
        ("visit_thanks", late, new, "sent", ""),
        ("visit_thanks", skipped, old, "skipped", "booked_ahead"),
        ("visit_thanks", out, old, "skipped", "held_out"),
        ("newsletter", early, old, "sent", ""),
    )
    (effect,) = await show(desk, "effects", first_day="2026-01-01", last_day="2026-02-28")
    assert (effect["campaign_type"], effect["mailed"], effect["held_out"]) == ("visit_thanks", 1, 1)
    assert effect["lower"] < effect["difference"] == 0 < effect["upper"]


async def test_a_visit_is_credited_once_by_the_published_rule(desk: Practice) -> None:
    """S-006, N-73: last touch before the booking within the window, nothing booked at the time; rows add up to the figures."""
    sent = desk.at("2026-02-02 10:00")
    came = sent + timedelta(days=20)
    people = {name: uuid4() for name in ("plain", "last", "booked", "ahead", "free", "old", "reminder", "bounced")}
    await put_touches(
        desk,
        ("recare_due", people["plain"], sent, "sent", ""),
        ("recare_due", people["last"], sent, "sent", ""),
        ("newsletter", people["last"], sent + timedelta(days=3), "sent", ""),
        ("recare_due", people["booked"], sent, "sent", ""),
        ("newsletter", people["booked"], sent + timedelta(days=9), "sent", ""),
        ("recare_due", people["ahead"], sent, "sent", ""),
        ("recare_due", people["free"], sent, "sent", ""),
        ("newsletter", people["old"], sent - timedelta(days=11), "sent", ""),
        ("appointment_reminder", people["reminder"], sent, "sent", ""),
        ("recare_due", people["bounced"], sent, "bounced", "mailbox_full"),
    )
    await put_visits(desk, *((person, came, 0 if name == "free" else 10_000) for name, person in people.items()))
    for name, booked_at in (("booked", sent + timedelta(days=5)), ("ahead", sent - timedelta(days=5))):
        desk.appointment(people[name], came, status="completed", booked_at=booked_at)
    await desk.run("follow_ingest")
    span = {"first_day": "2026-02-01", "last_day": "2026-02-28"}
    figures = {row["campaign_type"]: row for row in await show(desk, "credits", **span)}
    rows = {UUID(row["consumer_id"]): row for row in await rows_of(desk, "credits", **span)}
    names = {name: rows[person]["campaign_type"] for name, person in people.items() if person in rows}
    assert names == {"plain": "recare_due", "last": "newsletter", "booked": "recare_due"}
    assert datetime.fromisoformat(rows[people["booked"]]["decided_at"]) == sent + timedelta(days=5)
    for slug, figure in figures.items():
        own = [row for row in rows.values() if row["campaign_type"] == slug]
        assert (figure["visits"], figure["revenue_cents"]) == (len(own), sum(row["revenue_cents"] for row in own))
    assert (figures["recare_due"]["window_days"], figures["newsletter"]["window_days"]) == (60, 30)


async def test_counts_and_rates_are_sums_of_rows(desk: Practice) -> None:
    """S-006, I18: by local month, type and state; the month is the location's, where it is still February."""
    person = uuid4()
    march, february = desk.at("2026-03-10 10:00"), desk.at("2026-02-28 23:30")
    await put_touches(
        desk,
        *[("newsletter", person, march, "sent", "")] * 6,
        *[("newsletter", person, march, "bounced", "mailbox_unknown")] * 2,
        ("newsletter", person, march, "suppressed", "opted_out"),
        ("newsletter", person, march, "suppressed", "erased"),
        ("birthday", person, march, "skipped", "is_minor"),
        ("birthday", person, february, "sent", ""),
    )
    span = {"first_day": "2026-02-01", "last_day": "2026-03-31"}
    counts = await show(desk, "touches", **span)
    assert {(row["month"], row["campaign_type"], row["state"]): row["touches"] for row in counts} == {
        ("2026-02", "birthday", "sent"): 1,
        ("2026-03", "birthday", "skipped"): 1,
        ("2026-03", "newsletter", "sent"): 6,
        ("2026-03", "newsletter", "bounced"): 2,
        ("2026-03", "newsletter", "suppressed"): 2,
    }
    for row in counts:
        named = {name: row[name] for name in ("month", "campaign_type", "state")}
        assert len(await rows_of(desk, "touches", **span, **named)) == row["touches"]
    assert [row["touches"] for row in await show(desk, "touches", **MARCH)] == [1, 2, 6, 2]
    rates = {row["campaign_type"]: row for row in await show(desk, "delivery", **MARCH)}
    assert rates["newsletter"] == {
        "campaign_type": "newsletter", "handed_over": 8, "sent": 6, "bounced": 2, "uncertain": 0, "complained": 0, "stopped_by_optout": 1,
        "sent_rate": 0.75, "bounce_rate": 0.25, "complaint_rate": 0.0, "optout_rate": pytest.approx(1 / 9),
    }  # fmt: skip
    assert rates["birthday"]["sent_rate"] is None


async def test_a_complaint_is_counted_once_with_every_touch_of_its_mail(desk: Practice) -> None:
    """Domain 2.5: a family's mail reported as spam is two touches; reported again it is no more; the rows are those counted."""
    await desk.switch_on("appointment_reminder")
    for name in ("Ana", "Bo"):
        desk.appointment(desk.person(name, "family@example.com"), "2026-03-06 09:00")
    desk.appointment(desk.person("Cy"), "2026-03-06 09:00")
    await desk.run()
    await desk.move_to("2026-03-03 10:00")
    for message in desk.messages:
        desk.outcome(message, "sent")
    (family,) = [message for message in desk.messages if len(message.touches) == 2]
    body = Complaint(message_id=family.message_id, at=desk.clock.now())
    for _ in range(2):
        desk.mailer.feed.put(family.subscriber_id, "complaint", family.message_id, body)
        await desk.run("follow_mailer")
    (rates,) = await show(desk, "delivery", **MARCH)
    assert (rates["complained"], rates["complaint_rate"]) == (2, pytest.approx(2 / rates["handed_over"]))
    rows = await rows_of(desk, "touches", complained="true", **MARCH)
    assert {row["message_id"] for row in rows} == {str(family.message_id)}
    assert len(rows) == 2


async def test_the_forecast_tells_touches_and_addresses_of_seven_days(desk: Practice) -> None:
    """Domain 2.5: a family of two is one address; what is due on the eighth day is not told."""
    await desk.switch_on("appointment_reminder")
    for name in ("Ana", "Bo"):
        desk.appointment(desk.person(name, "family@example.com"), "2026-03-06 09:00")
    desk.appointment(desk.person(), "2026-03-11 09:00")
    await desk.run()
    desk.clock.set(desk.at("2026-03-02 19:30"))  # in UTC it is the next day already
    items = await show(desk, "forecast")
    told = [(row["day"], row["touches"], row["addresses"]) for row in items]
    assert told == [("2026-03-03", 2, 1), ("2026-03-05", 2, 1), ("2026-03-06", 1, 1)]
    span = {"first_day": "2026-03-02", "last_day": "2026-03-08"}
    assert len(await rows_of(desk, "touches", state="planned", **span)) == 5


@pytest.mark.parametrize("name", ["touches", "delivery", "credits", "effects", "rates", "forecast", "capacity"])
async def test_every_report_is_given_as_csv(desk: Practice, name: str) -> None:
    """S63: the same columns and figures as the JSON."""
    await put_touches(desk, ("newsletter", uuid4(), desk.at("2026-03-03 10:00"), "planned", ""))
    answer = await desk.scheduler.http.get(f"/v1/reports/{name}/csv", params=MARCH, headers=desk.headers())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    figures = await show(desk, name, **({} if name in ("forecast", "capacity") else MARCH))
    told = list(csv.DictReader(io.StringIO(answer.text)))
    written = {None: "", False: "false", True: "true"}
    expected = [
        {key: written[value] if value is None or isinstance(value, bool) else str(value) for key, value in row.items()}
        for row in figures
    ]
    assert told == expected
    assert len(told) == {"credits": 0, "effects": 0, "rates": len(NAMES)}.get(name, 1)


@pytest.mark.parametrize(
    ("first_day", "last_day"), [("2026-03-02", "2026-03-01"), ("2020-01-01", "2026-03-01")], ids=["reversed", "years"]
)
async def test_a_span_that_is_none_is_refused(desk: Practice, first_day: str, last_day: str) -> None:
    """Bad input: a stable code."""
    params = {"first_day": first_day, "last_day": last_day}
    answer = await desk.scheduler.http.get("/v1/reports/touches", params=params, headers=desk.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "span_unusable")


async def test_nobody_reports_on_others(desk: Practice) -> None:
    """S2: another subscriber sees none of it, a credential of another location cannot ask for this one."""
    await put_touches(desk, ("newsletter", uuid4(), desk.at("2026-03-03 10:00"), "sent", ""))
    http, here = desk.scheduler.http, {"location_id": str(desk.location.location_id)}
    other = await http.get("/v1/reports/touches", params=MARCH, headers=desk.headers(subscriber_id=uuid4()))
    assert other.json()["items"] == []
    elsewhere = desk.headers(locations=(uuid4(),))
    assert (await http.get("/v1/reports/touches", params=MARCH, headers=elsewhere)).json()["items"] == []
    assert (await http.get("/v1/reports/touches", params=MARCH | here, headers=elsewhere)).status_code == 404
    assert (
        len((await http.get("/v1/reports/touches", params=MARCH | here, headers=desk.headers())).json()["items"]) == 1
    )
