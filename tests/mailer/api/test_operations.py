"""Operations: what a stop covers is cancelled whole and by counts, and what failed is given back without the doubtful and the dead."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.mailer.domain.outcomes import MAY_BE_SENT_AGAIN
from services.mailer.store.cancelling import cancel_chunk
from tests.fixtures.services import service_headers
from tests.mailer.delivery.world import World


def scheduler() -> dict[str, str]:
    """Return the scheduler's credential."""
    return service_headers("scheduler", "mailer")


def path_of(scope: str, stop_id: object) -> str:
    """Return where a cancellation stands."""
    return f"/v1/stops/{scope}/{stop_id}/cancellation"


async def ask(world: World, scope: str, stop_id: object) -> Any:
    """Ask for a cancellation and return the answer's body."""
    answer = await world.mailer.http.post(path_of(scope, stop_id), json={}, headers=scheduler())
    assert answer.status_code == 202, answer.text
    return answer.json()


async def show(world: World, scope: str, stop_id: object) -> Any:
    """Return how far a cancellation is."""
    answer = await world.mailer.http.get(path_of(scope, stop_id), headers=scheduler())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def walk(world: World) -> None:
    """Let the loop do all it can."""
    while await world.mailer.step("cancel_stopped"):
        pass


async def test_a_campaign_is_cancelled_and_others_stay(world: World) -> None:
    """I24: every queued message of the scope ends as cancelled, told by the feed, its touches free again."""
    campaign, other = uuid4(), uuid4()
    gone = await world.queue("ann@example.com", "bob@example.com", campaign_id=str(campaign))
    [stays] = await world.queue("cal@example.com", campaign_id=str(other))
    assert (await ask(world, "campaign", campaign))["finished_at"] is None
    await walk(world)
    shown = await show(world, "campaign", campaign)
    assert (shown["cancelled"], shown["finished_at"] is not None) == (2, True)
    assert {await world.state(message_id) for message_id in gone} == {("cancelled", "stopped")}
    assert (await world.state(stays))[0] == "accepted"
    told = await world.database.fetch("select key from changes where body ->> 'state' = 'cancelled'")
    assert {row["key"] for row in told} == set(gone)
    assert await world.database.fetchval("select count(*) from message_touches where live") == 1


async def test_everything_is_cancelled_in_chunks_that_find_all(world: World) -> None:
    """I24: bounded chunks, whatever the order of due times, and the counts agree."""
    for number in range(7):
        await world.queue(f"p{number}@example.com")
    await ask(world, "all", "all")
    async with world.mailer.deps.worker_db.raw() as connection:
        walks = 0
        while (done := await cancel_chunk(connection, limit=2, now=world.mailer.deps.clock.now())) is not None:
            walks += 1
            assert done.cancelled <= 2
    assert walks > 3
    assert (await show(world, "all", "all"))["cancelled"] == 7
    assert await world.states() == {"cancelled": 7}


async def test_what_a_worker_has_in_hand_is_waited_for(world: World) -> None:
    """I24: a claimed message cannot pass its marker, and the cancellation ends only when it is back and cancelled."""
    await world.grant_lease()
    await world.queue("ann@example.com")
    claimed = await world.claim()
    await ask(world, "subscriber", world.subscriber.subscriber_id)
    await walk(world)
    assert (await show(world, "subscriber", world.subscriber.subscriber_id))["finished_at"] is None
    assert await world.mark(claimed) == set()
    await world.database.execute("update messages set state = 'accepted', claim_id = null")
    await walk(world)
    shown = await show(world, "subscriber", world.subscriber.subscriber_id)
    assert (shown["cancelled"], shown["finished_at"] is not None) == (1, True)


async def test_a_stop_is_not_lifted_while_its_queue_is_being_cancelled(world: World) -> None:
    """I24: lifted in the middle, some of it would go out."""
    await world.queue("ann@example.com")
    await ask(world, "all", "all")
    resume: Any = {"json": {"state": "running"}, "headers": scheduler()}
    refused = await world.mailer.http.put("/v1/stops/all/all", **resume)
    assert (refused.status_code, refused.json()["code"]) == (409, "stop_cancelling")
    await walk(world)
    assert (await world.mailer.http.put("/v1/stops/all/all", **resume)).status_code == 200
    assert (await world.mailer.http.get("/v1/stops", headers=scheduler())).json() == {"items": []}


async def test_stops_are_listed_with_their_cancellations(world: World) -> None:
    """I24: whoever wonders why nothing leaves sees it in one look."""
    campaign = uuid4()
    await world.mailer.http.put(f"/v1/stops/campaign/{campaign}", json={"state": "paused"}, headers=scheduler())
    await ask(world, "all", "all")
    operator = world.neighbours.client_headers(subscriber_id=None, scopes="operator")
    listed = (await world.mailer.http.get("/v1/stops", headers=operator)).json()["items"]
    assert [(stop["scope"], stop["id"], stop["cancellation"] is None) for stop in listed] == [
        ("all", "all", False),
        ("campaign", str(campaign), True),
    ]
    client = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="messages")
    assert (await world.mailer.http.get("/v1/stops", headers=client)).status_code == 403
    assert (await world.mailer.http.get(path_of("campaign", campaign), headers=scheduler())).status_code == 404


ENDS = [
    ("failed", "prepare_failed", True),
    *(("bounced", reason, True) for reason in sorted(MAY_BE_SENT_AGAIN)),
    ("bounced", "mailbox_unknown", False),
    ("uncertain", "connection_lost", False),
    ("sent", None, False),
    ("suppressed", "opted_out", False),
]


@pytest.mark.parametrize("again", [False, True])
async def test_only_what_failed_without_the_addresss_fault_is_sent_again(world: World, again: bool) -> None:
    """I3, I22: never the uncertain, never a dead address, and a repeat finds nothing left."""
    campaign = uuid4()
    ids: list[UUID] = await world.queue(*(f"p{n}@example.com" for n in range(len(ENDS))), campaign_id=str(campaign))
    for message_id, (state, reason, _) in zip(ids, ENDS, strict=True):
        await world.database.execute(
            "update messages set state = $2, reason = $3, final_at = now() where message_id = $1",
            message_id,
            state,
            reason,
        )
    body = {"subscriber_id": str(world.subscriber.subscriber_id), "campaign_id": str(campaign)}
    wanted = {message_id for message_id, (_, _, is_resent) in zip(ids, ENDS, strict=True) if is_resent}
    for number in range(1 + again):
        answer = await world.mailer.http.post("/v1/messages/resend", json=body, headers=scheduler())
        assert answer.json() == {"rechecked": 0 if number else len(wanted)}
    rows = await world.database.fetch("select message_id from messages where (state, reason) = ('recheck', 'resend')")
    assert {row["message_id"] for row in rows} == wanted
    free = await world.database.fetch("select message_id from message_touches where not live")
    assert {row["message_id"] for row in free} == wanted


async def test_what_is_of_no_use_any_more_is_not_sent_again(world: World) -> None:
    """L-070: a reminder of yesterday helps nobody."""
    campaign = uuid4()
    await world.queue("ann@example.com", campaign_id=str(campaign))
    await world.database.execute(
        "update messages set state = 'failed', useful_until = $1", world.mailer.deps.clock.now()
    )
    body = {"subscriber_id": str(world.subscriber.subscriber_id), "campaign_id": str(campaign)}
    answer = await world.mailer.http.post("/v1/messages/resend", json=body, headers=scheduler())
    assert answer.json() == {"rechecked": 0}


async def queue_of(world: World, path: str, headers: dict[str, str]) -> Any:
    """Return how a queue stands, counts by state."""
    answer = await world.mailer.http.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body | {"counts": {row["state"]: row["count"] for row in body["counts"]}}


async def test_the_queue_is_counted_by_state_and_says_how_long_the_oldest_waits(world: World) -> None:
    """Issue 3, operations: a subscriber sees its own, the operator all, later due times do not count as waiting."""
    await world.hand_over("ann@example.com")
    bob, cal = await world.queue("bob@example.com", "cal@example.com", campaign_id=str(uuid4()))
    [dan] = await world.queue("dan@example.com")
    await world.database.execute("update messages set state = 'deferred' where message_id = $1", bob)
    for message_id, hours in ((bob, 1), (cal, -2), (dan, 3)):
        await world.database.execute(
            "update messages set next_at = $2 where message_id = $1", message_id, world.now + timedelta(hours=hours)
        )
    own = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="messages")
    shown = await queue_of(world, "/v1/queue", own)
    assert shown["counts"] == {"accepted": 2, "deferred": 1, "claimed": 0, "handing_over": 1, "uncertain": 0}
    assert shown["oldest_due_seconds"] == 7200
    operator = world.neighbours.client_headers(subscriber_id=None, scopes="operator")
    assert await queue_of(world, "/v1/queue/all", operator) == shown
    stranger = world.neighbours.client_headers(subscriber_id=uuid4(), scopes="messages")
    nothing = await queue_of(world, "/v1/queue", stranger)
    assert (sum(nothing["counts"].values()), nothing["oldest_due_at"]) == (0, None)
    assert (await world.mailer.http.get("/v1/queue/all", headers=own)).status_code == 403


async def test_a_long_queue_is_estimated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """P8: the number of rows looked at is bounded, whatever waits."""
    monkeypatch.setattr("services.mailer.store.queue.MOST_COUNTED", 3)
    for number in range(5):
        await world.queue(f"p{number}@example.com")
    await world.database.execute("analyze messages")
    for path, headers in (
        ("/v1/queue", world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="messages")),
        ("/v1/queue/all", scheduler()),
    ):
        answer = (await world.mailer.http.get(path, headers=headers)).json()
        accepted = answer["counts"][0]
        assert (accepted["state"], accepted["is_estimate"]) == ("accepted", True)
        assert accepted["count"] >= 4
