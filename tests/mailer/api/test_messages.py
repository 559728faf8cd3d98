"""Messages over HTTP: accepted once, shown to their owner only, cancelled and stopped, told by the feed."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.fixtures.services import service_headers
from tests.mailer.delivery.world import World, key_of


def scheduler() -> dict[str, str]:
    """Return the scheduler's credential, made when it is used: an assertion lives for a minute."""
    return service_headers("scheduler", "mailer")


def family(world: World, *people: UUID) -> dict[str, Any]:
    """Return a message about several people."""
    touches = [{"touch_id": str(uuid4()), "person_id": str(person)} for person in people]
    return world.message("smiths@example.com", people[0]) | {"touches": touches}


async def cancel(world: World, *touches: str) -> Any:
    """Cancel touches and return the answer's body."""
    body = {"subscriber_id": str(world.subscriber.subscriber_id), "touch_ids": list(touches)}
    answer = await world.mailer.http.post("/v1/messages/cancel", json=body, headers=scheduler())
    assert answer.status_code == 200, answer.text
    return answer.json()


def touches_of(message: dict[str, Any]) -> list[str]:
    """Return the touches of a message."""
    return [touch["touch_id"] for touch in message["touches"]]


async def test_the_same_messages_submitted_at_once_are_accepted_once(world: World) -> None:
    """Reliability 2.1, step 5: a retry may meet its first try still on its way."""
    messages = [world.message(f"ann{number}@example.com", uuid4()) for number in range(20)]
    answers = await asyncio.gather(*(world.submit(*messages) for _ in range(4)))
    results = [[receipt["result"] for receipt in receipts] for receipts in answers]
    assert [sum(each[number] == "accepted" for each in results) for number in range(20)] == [1] * 20
    assert {result for each in results for result in each} == {"accepted", "repeated"}
    assert await world.database.fetchval("select count(*) from messages") == 20


async def test_a_touch_submitted_at_once_in_two_messages_travels_in_one(world: World) -> None:
    """Architecture 3: the regrouping loses with a code, not with an error, and takes nobody with it."""
    first = world.message("ann@example.com", uuid4())
    second = first | {"message_id": str(uuid4())}
    others = [world.message(f"bob{number}@example.com", uuid4()) for number in range(2)]
    answers = await asyncio.gather(world.submit(first, others[0]), world.submit(second, others[1]))
    codes = sorted((receipts[0]["result"], receipts[0]["code"]) for receipts in answers)
    assert codes == [("accepted", None), ("refused", "touch_taken")]
    assert [receipts[1]["result"] for receipts in answers] == ["accepted", "accepted"]


async def test_a_message_is_shown_to_its_subscriber_and_to_nobody_else(world: World) -> None:
    """S2: a foreign id and an unknown one get the same answer."""
    [message_id] = await world.queue("ann@example.com")
    own = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="messages")
    foreign = world.neighbours.client_headers(subscriber_id=uuid4(), scopes="messages")
    without = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="other")
    shown = await world.mailer.http.get(f"/v1/messages/{message_id}", headers=own)
    assert shown.status_code == 200
    body = shown.json()
    assert (body["state"], body["attempts"], body["final_at"]) == ("accepted", [], None)
    assert "ann" not in shown.text
    unknown = await world.mailer.http.get(f"/v1/messages/{uuid4()}", headers=own)
    stranger = await world.mailer.http.get(f"/v1/messages/{message_id}", headers=foreign)
    assert [unknown.status_code, stranger.status_code] == [404, 404]
    assert unknown.json()["code"] == stranger.json()["code"] == "message_unknown"
    assert (await world.mailer.http.get(f"/v1/messages/{message_id}", headers=without)).status_code == 403
    assert (await world.mailer.http.get(f"/v1/messages/{message_id}")).status_code == 401


async def test_cancelling_is_harmless_twice_and_knows_what_is_too_late(world: World) -> None:
    """N-41: what waits will not leave; what was handed over is said to be too late; what is unknown is neither."""
    ann, bob = world.message("ann@example.com", uuid4()), world.message("bob@example.com", uuid4())
    await world.submit(ann, bob)
    await world.database.execute("update messages set state = 'sent' where message_id = $1", UUID(bob["message_id"]))
    touches = [*touches_of(ann), *touches_of(bob)]
    answer = {"cancelled": touches_of(ann), "too_late": touches_of(bob)}
    assert await cancel(world, *touches, str(uuid4())) == answer
    assert await cancel(world, *touches) == {"cancelled": [], "too_late": touches_of(bob)}
    assert await world.state(UUID(ann["message_id"])) == ("cancelled", "cancelled")
    assert [outcome["message_id"] for outcome in await world.outcomes()] == [ann["message_id"]]


async def test_a_family_message_is_taken_back_whole_and_its_touches_travel_again(world: World) -> None:
    """N-55: one person's appointment goes, the others are grouped anew."""
    message = family(world, uuid4(), uuid4(), uuid4())
    await world.submit(message)
    one, *rest = touches_of(message)
    assert (await cancel(world, one))["cancelled"] == [one]
    assert await world.state(UUID(message["message_id"])) == ("recheck", "cancelled")
    [outcome] = await world.outcomes()
    assert (outcome["state"], set(outcome["touch_ids"])) == ("recheck", {one, *rest})
    again = message | {"message_id": str(uuid4()), "touches": message["touches"][1:]}
    assert [receipt["result"] for receipt in await world.submit(again)] == ["accepted"]
    assert (await cancel(world, *rest))["cancelled"] == rest
    assert await world.state(UUID(again["message_id"])) == ("cancelled", "cancelled")


async def test_a_foreign_subscribers_touch_cannot_be_cancelled(world: World) -> None:
    """I4: the context is the subscriber named, and its rows only."""
    message = world.message("ann@example.com", uuid4())
    await world.submit(message)
    body = {"subscriber_id": str(uuid4()), "touch_ids": touches_of(message)}
    answer = await world.mailer.http.post("/v1/messages/cancel", json=body, headers=scheduler())
    assert answer.json() == {"cancelled": [], "too_late": []}
    assert await world.states() == {"accepted": 1}


@pytest.mark.parametrize(
    ("scope", "stop_id"),
    [
        ("all", "0192f0c1-7a00-7000-8000-000000000001"),
        ("campaign", "all"),
        ("subscriber", "0192f0c17a007000800000000000000100-0"),
        ("campaign", "------------------------------------"),
    ],
)
async def test_a_stop_that_would_stop_nothing_is_refused(world: World, scope: str, stop_id: str) -> None:
    """I24: somebody who pressed stop must not believe in it in vain."""
    answer = await world.mailer.http.put(f"/v1/stops/{scope}/{stop_id}", json={"state": "paused"}, headers=scheduler())
    assert answer.status_code == 422, answer.text
    assert await world.database.fetchval("select count(*) from stops") == 0


async def test_a_stop_may_be_set_and_lifted_again_and_again(world: World) -> None:
    """I24: both are idempotent, and only scheduler and portal may."""
    path = f"/v1/stops/subscriber/{world.subscriber.subscriber_id}"
    for state in ("paused", "paused", "running", "running"):
        answer = await world.mailer.http.put(path, json={"state": state}, headers=scheduler())
        assert (answer.status_code, answer.json()) == (200, {"state": state})
        assert await world.database.fetchval("select count(*) from stops") == (state == "paused")
    foreign = service_headers("ingest", "mailer")
    assert (await world.mailer.http.put(path, json={"state": "paused"}, headers=foreign)).status_code == 403


async def test_the_feed_is_read_by_cursor_and_starts_again_for_a_foreign_epoch(world: World) -> None:
    """Architecture 2: pages in commit order, 409 for a cursor of another database."""
    messages = [world.message(f"ann{number}@example.com", uuid4()) for number in range(5)]
    await world.submit(*messages)
    for message in messages:
        await cancel(world, *touches_of(message))
    seen, cursor, epoch = [], "0.0", None
    while True:
        query = f"after={cursor}&limit=2" + (f"&epoch={epoch}" if epoch else "")
        page = (await world.mailer.http.get(f"/v1/changes?{query}", headers=scheduler())).json()
        if not page["changes"]:
            break
        seen += [change["key"] for change in page["changes"]]
        cursor, epoch = page["cursor"], page["epoch"]
    assert seen == [message["message_id"] for message in messages]
    foreign = await world.mailer.http.get(f"/v1/changes?after={cursor}&epoch={uuid4()}", headers=scheduler())
    assert (foreign.status_code, foreign.json()["code"]) == (409, "feed_restarted")
    assert (await world.mailer.http.get("/v1/changes", headers=service_headers("ingest", "mailer"))).status_code == 403
    assert key_of("ann0@example.com") not in str(page)
