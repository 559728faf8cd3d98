"""The feed tells the present state, to the scheduler alone, behind a cursor with an epoch (architecture 2)."""

from uuid import uuid4

from tests.fixtures.services import service_headers
from tests.ingest.practice import Practice, appointment, at, consumer, visit


async def test_rows_carry_the_present_facts_and_a_thing_is_told_once_a_page(practice: Practice) -> None:
    """A reader that comes late reads the truth and not the history."""
    await practice.upload(consumer(), visit(), appointment())
    await practice.upload(appointment(status="cancelled", source_updated_at=at(1)))
    page = await practice.changes()
    assert sorted(row.kind for row in page.changes) == ["appointment", "connection", "consumer", "visit"]
    assert (await practice.facts("appointment"))[0]["status"] == "cancelled"
    assert {row.subscriber_id for row in page.changes} == {practice.subscriber.subscriber_id}
    assert (await practice.changes(page.cursor, epoch=str(page.epoch))).changes == []


async def test_pages_follow_each_other_without_a_gap(practice: Practice) -> None:
    """Small pages show the same as one large page."""
    await practice.upload(*(consumer(f"P{number}") for number in range(25)))
    seen, cursor = [], "0.0"
    while page := (await practice.changes(cursor, limit=7)):
        if not page.changes:
            break
        seen += [row.key for row in page.changes]
        cursor = page.cursor
    assert set(seen) == {row.key for row in (await practice.changes()).changes}


async def test_a_foreign_epoch_and_a_foreign_cursor_are_refused(practice: Practice) -> None:
    """409 feed_restarted: read again from the start; 400 for what is no cursor."""
    headers = service_headers("scheduler", "ingest")
    foreign = await practice.ingest.http.get("/v1/changes", params={"epoch": str(uuid4())}, headers=headers)
    broken = await practice.ingest.http.get("/v1/changes", params={"after": "x"}, headers=headers)
    assert (foreign.status_code, foreign.json()["code"]) == (409, "feed_restarted")
    assert (broken.status_code, broken.json()["code"]) == (400, "cursor_unreadable")


async def test_nobody_else_reads_feed_or_recipients(practice: Practice) -> None:
    """S1, S-051: names and addresses go to the scheduler's dispatch alone."""
    body = {"subscriber_id": str(practice.subscriber.subscriber_id), "consumer_ids": [str(uuid4())]}
    for headers in (practice.headers, service_headers("mailer", "ingest")):
        assert (await practice.ingest.http.get("/v1/changes", headers=headers)).status_code == 403
        assert (await practice.ingest.http.post("/v1/recipients", json=body, headers=headers)).status_code == 403
    stranger = body | {"subscriber_id": str(uuid4())}
    own = await practice.upload(consumer())
    assert own.applied == 1
    stranger["consumer_ids"] = [row["consumer_id"] for row in await practice.facts("consumer")]
    answer = await practice.ingest.http.post(
        "/v1/recipients", json=stranger, headers=service_headers("scheduler", "ingest")
    )
    assert answer.json() == {"recipients": [], "vehicles": []}


async def test_on_hold_uploads_are_taken_and_no_address_is_given_out(practice: Practice) -> None:
    """I20: after a restore a person confirms first; sources may catch up meanwhile."""
    await practice.upload(consumer())
    person = (await practice.facts("consumer"))[0]["consumer_id"]
    portal = service_headers("portal", "ingest")
    await practice.ingest.http.put("/v1/hold", json={"on_hold": True}, headers=portal)
    body = {"subscriber_id": str(practice.subscriber.subscriber_id), "consumer_ids": [person]}
    headers = service_headers("scheduler", "ingest")
    refused = await practice.ingest.http.post("/v1/recipients", json=body, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (503, "on_hold")
    assert (await practice.upload(visit())).applied == 1
    await practice.ingest.http.put("/v1/hold", json={"on_hold": False}, headers=portal)
    assert len((await practice.recipients(person)).recipients) == 1
