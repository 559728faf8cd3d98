"""A connection is ended for good: nothing comes from it, nothing of it falls due, and what it brought stays readable."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from shared.kit.http import Response
from shared.schemas.sync_health import SourceHealth
from tests.fixtures.services import service_headers
from tests.fixtures.webhooks import signed_headers
from tests.ingest.desk import Desk
from tests.ingest.practice import Practice, appointment, at, consumer, lines, visit

RECARE = {"type": "recare_due", "foreign_id": "R1", "source_updated_at": at(), "consumer": "P1", "due_on": "2026-06-01"}
CAR = {"type": "vehicle", "foreign_id": "C1", "source_updated_at": at(), "consumer": "P1", "plate": "7ABC123"}
LINE = {"type": "service_line", "foreign_id": "L1", "source_updated_at": at(), "consumer": "P1", "state": "declined"}
AHEAD, PAST = "2026-03-05T10:00:00-08:00", "2026-02-20T10:00:00-08:00"


async def _end(practice: Practice, **how: Any) -> Response:
    return await practice.edit_connection("DELETE", **how)


@pytest.fixture
async def full(practice: Practice) -> Practice:
    """A practice with a person, what happened and what lies ahead."""
    await practice.upload(
        consumer("P1", email_ok=False),
        appointment("A1", "P1", starts_at=AHEAD),
        appointment("A0", "P1", starts_at=PAST, status="no_show"),
        visit("V1", "P1"),
        RECARE,
        CAR,
        LINE,
    )
    await practice.ingest.step("source_optouts")
    return practice


async def test_what_lies_ahead_falls_due_no_more_and_what_happened_stays(full: Practice) -> None:
    """S-126: nobody keeps it up to date any more; told in the feed at once, and to whoever reads it from the start."""
    before = (await full.changes()).cursor
    assert (await _end(full)).status_code == 200
    told = {(row.kind, (row.body or {}).get("deleted")) for row in (await full.changes(before)).changes}
    ends = {("appointment", True), ("recare_due", True), ("vehicle", True), ("service_line", True)}
    assert told == ends | {("connection", None)}
    anew = {(row.kind, (row.body or {}).get("deleted")) for row in (await full.changes()).changes}
    assert anew == ends | {("connection", None), ("appointment", False), ("visit", False), ("consumer", False)}
    (row,) = [row for row in (await full.changes()).changes if row.kind == "connection"]
    assert row.body is None, "the scheduler waits for no news of it"


async def test_nothing_comes_from_it_any_more(full: Practice) -> None:
    """Records, pushes and write-backs are refused with one code that an agent gives up at; it cannot be ended twice or get a new secret."""
    pushed = (await full.edit_connection("POST", "/webhook-secret")).json()
    assert (await _end(full)).status_code == 200
    claim = {"connection_id": str(full.connection_id)}
    answers = [
        await full.post(lines(consumer("P2"))),
        await _end(full, version=1),
        await full.edit_connection("POST", "/webhook-secret"),
        await full.ingest.http.post("/v1/write-backs/claims", json=claim, headers=full.headers),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(410, "connection_ended")}
    body = json.dumps({"type": "records", "timestamp": at(), "data": {"records": [consumer("P3")]}}).encode()
    headers = signed_headers(body, at=full.clock.now().timestamp(), secret=pushed["secret"], webhook_id="m1")
    typed = headers | {"content-type": "application/json"}
    push = await full.ingest.http.post(pushed["path"], content=body, headers=typed)
    assert (push.status_code, push.json()["code"]) == (401, "push_not_genuine")
    assert len(await full.rows("select 1 from consumers")) == 1


async def test_it_is_ended_on_the_version_that_was_read(full: Practice) -> None:
    """Like every edit: 428 without If-Match, 412 on another version, 404 for a stranger; nothing has ended then."""
    path = f"/v1/connections/{full.connection_id}"
    stranger = full.neighbours.client_headers(subscriber_id=uuid4(), scopes="ingest") | {"if-match": '"1"'}
    answers = [
        await full.ingest.http.delete(path, headers=full.headers),
        await _end(full, version=7),
        await full.ingest.http.delete(path, headers=stranger),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (428, "version_needed"),
        (412, "version_mismatch"),
        (404, "connection_unknown"),
    ]
    read = await full.ingest.http.get(path, headers=full.headers)
    assert (read.json()["ended_at"], read.headers["etag"]) == (None, '"1"')
    ended = await _end(full)
    assert (ended.json()["ended_at"] is not None, ended.headers["etag"]) == (True, '"2"')


async def test_its_alarms_end_and_its_history_stays_readable(full: Practice) -> None:
    """S-121: a source that is over is neither late nor silent; its batches, reports and people can be read as before."""
    waits = (await full.post(b"", mode="snapshot", entity="visit")).json()
    await full.upload(appointment("A9", "nobody"))
    report = await full.upload(consumer("P2"))
    await _end(full)
    health = await full.ingest.http.get("/v1/source-health", headers=full.headers)
    (found,) = (SourceHealth.model_validate(row) for row in health.json()["items"])
    assert (found.freshness, found.alarms, found.rows.applied) == ("ended", [], 8)
    everywhere = (
        await full.ingest.http.get("/v1/source-health/all", headers=service_headers("portal", "ingest"))
    ).json()
    assert (everywhere["sources"], everywhere["late_sources"], everywhere["quarantined_batches"]) == (0, 0, 0)
    rejected = await full.ingest.http.get(f"/v1/batches/{waits['batch_id']}", headers=full.headers)
    assert rejected.json()["state"] == "rejected"
    kept = await full.ingest.http.get(f"/v1/batches/{report.batch_id}", headers=full.headers)
    assert kept.json()["applied"] == 1
    desk = Desk(full)
    assert (await desk.read(await desk.id_of("P1"), "/origin"))["refused_at"] is not None


async def test_a_batch_under_way_ends_with_it(full: Practice) -> None:
    """I2: what was merged stays and is accounted for, what comes after it is not taken."""

    async def pieces() -> Any:
        yield lines(*(consumer(f"Q{number}") for number in range(5001)))
        started.set()
        await ended.wait()
        yield lines(consumer("LAST"))

    started, ended, batch_id = asyncio.Event(), asyncio.Event(), uuid4()
    params = {"connection_id": str(full.connection_id), "batch_id": str(batch_id)}
    headers = full.headers | {"content-type": "application/x-ndjson"}
    sending = asyncio.create_task(
        full.ingest.http.post("/v1/batches", params=params, content=pieces(), headers=headers)
    )
    await started.wait()
    while not await full.rows("select 1 from batches where batch_id = $1 and applied > 0", batch_id):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await _end(full)
    ended.set()
    answer = await sending
    assert (answer.status_code, answer.json()["code"]) == (409, "batch_running")
    again = await full.post(lines(consumer("LAST")), batch_id=batch_id)
    assert (again.status_code, again.json()["code"]) == (410, "connection_ended")
    report = (await full.ingest.http.get(f"/v1/batches/{batch_id}", headers=full.headers)).json()
    assert (report["state"], report["applied"]) == ("failed", 5000)
    assert len(await full.rows("select 1 from consumers where connection_id = $1", full.connection_id)) == 5001


async def test_nothing_is_written_back_to_it(full: Practice) -> None:
    """S-037: what waited has nobody to be told to, and nothing new is made; opt-outs of its people stay on file."""
    await full.rows(
        "insert into write_backs (subscriber_id, write_back_id, connection_id, consumer_id, kind, scope, decided_at, state, next_at) "
        "select subscriber_id, gen_random_uuid(), connection_id, id, 'optout', 'business', now(), 'waiting', now() from consumers"
    )
    await _end(full)
    assert [row["state"] for row in await full.rows("select state from write_backs")] == ["gone"]
    (booking,) = await full.rows("select id, starts_at from appointments where status = 'booked'")
    confirmed = {
        "subscriber_id": str(full.subscriber.subscriber_id),
        "confirmations": [
            {
                "confirmation_id": str(uuid4()),
                "appointment_id": str(booking["id"]),
                "starts_at": booking["starts_at"].isoformat(),
                "confirmed_at": full.clock.now().isoformat(),
            }
        ],
    }
    told = await full.ingest.http.post(
        "/v1/confirmations", json=confirmed, headers=service_headers("scheduler", "ingest")
    )
    assert told.status_code == 200, told.text
    assert len(await full.rows("select 1 from write_backs")) == 1
    assert len(full.optout.optouts) == 1
