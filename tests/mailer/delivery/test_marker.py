"""The marker is the last check: whatever speaks against a message at that moment stops it there."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from services.mailer.store.marking import explain_unmarked
from tests.fixtures.services import service_headers
from tests.fixtures.smtp import Script, Step
from tests.mailer.delivery.world import World


async def test_a_marker_needs_a_live_send_lease_of_this_very_server(alone: World) -> None:
    """I1, architecture 4: none, too short, from before a restart or on another server: nothing may leave."""
    await alone.queue("ann@example.com")
    claimed = await alone.claim()
    assert await alone.mark(claimed) == set()
    await alone.grant_lease(1.9)
    assert await alone.mark(claimed) == set()
    await alone.grant_lease()
    await alone.database.execute("update follower_state set server_started_at = server_started_at - interval '1 s'")
    assert await alone.mark(claimed) == set()
    await alone.grant_lease()
    assert await alone.mark(claimed) == {claimed[0].message_id}


async def test_on_hold_nothing_is_marked(alone: World) -> None:
    """I20: after a restore nothing leaves until a person confirms."""
    await alone.queue("ann@example.com")
    claimed = await alone.claim()
    await alone.grant_lease()
    await alone.database.execute("update service_state set on_hold = true")
    assert await alone.mark(claimed) == set()
    await alone.database.execute("update service_state set on_hold = false")
    assert len(await alone.mark(claimed)) == 1


async def test_without_a_lease_or_on_hold_no_transaction_is_even_begun(world: World) -> None:
    """F7: a relay must not see bodies that break off while nothing may leave."""
    await world.send("ann@example.com")
    async with world.working():
        await asyncio.sleep(0.6)
        await world.grant_lease()
        await world.database.execute("update service_state set on_hold = true")
        await asyncio.sleep(0.6)
    assert await world.states() == {"accepted": 1}
    assert world.sink.ledger == []


async def test_a_marker_is_set_once_and_only_for_the_claim_that_holds_the_message(alone: World) -> None:
    """I3, architecture 4: claim_id fences; a lease of the claim that ran out counts as lost."""
    await alone.queue("ann@example.com", "bob@example.com")
    await alone.grant_lease()
    ann, bob = await alone.claim(limit=1), await alone.claim(limit=1)
    await alone.database.execute(
        "update claims set lease_until = clock_timestamp() where claim_id = $1", ann[0].claim_id
    )
    assert await alone.mark([*ann, *bob]) == {bob[0].message_id}
    assert await alone.mark([*ann, *bob]) == set()


async def test_a_message_past_its_use_is_not_marked(alone: World) -> None:
    """S-025: looked at again at the last moment."""
    await alone.queue("ann@example.com", useful_until=(alone.now + timedelta(minutes=5)).isoformat())
    await alone.grant_lease()
    claimed = await alone.claim()
    alone.neighbours.clock.move(timedelta(minutes=5))  # type: ignore[attr-defined]
    assert await alone.mark(claimed) == set()
    async with alone.mailer.deps.worker_db.raw() as connection:
        assert await explain_unmarked(connection, claimed, now=alone.now) == {claimed[0].message_id: "expired"}


async def _stop(world: World, scope: str, stop_id: object, state: str) -> None:
    answer = await world.mailer.http.put(
        f"/v1/stops/{scope}/{stop_id}", json={"state": state}, headers=service_headers("scheduler", "mailer")
    )
    assert answer.status_code == 200, answer.text


async def test_every_stop_holds_inside_the_marker_and_at_the_claim(alone: World) -> None:
    """I24: campaign, subscriber, all; effective with the next statement, also for what was claimed before."""
    campaign, other = uuid4(), uuid4()
    scopes = [("campaign", campaign), ("subscriber", alone.subscriber.subscriber_id), ("all", "all")]
    await alone.grant_lease()
    for number, (scope, stop_id) in enumerate(scopes):
        await alone.queue(f"ann{number}@example.com", campaign_id=str(campaign))
        claimed = await alone.claim()
        await _stop(alone, scope, stop_id, "paused")
        assert await alone.mark(claimed) == set()
        await alone.queue(f"bob{number}@example.com", campaign_id=str(campaign))
        assert await alone.claim() == []
        await _stop(alone, scope, stop_id, "running")
        assert len(await alone.mark(claimed)) == 1
        assert len(await alone.mark(await alone.claim())) == 1
    await _stop(alone, "campaign", other, "paused")
    await alone.queue("cyd@example.com", campaign_id=str(campaign))
    await alone.queue("dan@example.com")
    assert len(await alone.mark(await alone.claim())) == 2


async def test_a_cancelled_message_is_not_marked_and_a_marked_one_is_too_late(alone: World) -> None:
    """N-41, I24: the row's lock decides between them."""
    ann, bob = alone.message("ann@example.com", uuid4()), alone.message("bob@example.com", uuid4())
    await alone.submit(ann, bob)
    await alone.grant_lease()
    claimed = {message.message_id: message for message in await alone.claim()}
    await alone.mark([claimed[UUID(bob["message_id"])]])
    touches = [message["touches"][0]["touch_id"] for message in (ann, bob)]
    body = {"subscriber_id": str(alone.subscriber.subscriber_id), "touch_ids": touches}
    answer = await alone.mailer.http.post(
        "/v1/messages/cancel", json=body, headers=service_headers("scheduler", "mailer")
    )
    assert answer.json() == {"cancelled": touches[:1], "too_late": touches[1:]}
    assert await alone.mark([claimed[UUID(ann["message_id"])]]) == set()
    assert await alone.states() == {"cancelled": 1, "handing_over": 1}


async def test_an_optout_that_arrives_while_a_body_is_sent_kills_the_message_at_its_marker(world: World) -> None:
    """I1, S-030: permission was given, the relay has said 354, the person says no: the dot is never written."""
    world.sink.script = Script((Step("data", "delay", seconds=1.0, recipient="ann@*"),))
    [ann] = await world.send("ann@example.com")
    async with world.following(), world.working():
        await world.until(lambda: _has_begun(world))
        await world.opt_out("ann@example.com")
        await world.until(lambda: world.database.fetchval("select count(*) = 1 from suppressions"))
        assert await world.state(ann) == ("claimed", None)
        await world.until(lambda: world.database.fetchval("select state <> 'claimed' from messages"))
    assert await world.state(ann) == ("suppressed", "opted_out")
    assert world.sink.messages == []
    assert [outcome["state"] for outcome in await world.outcomes()] == ["suppressed"]


async def test_a_topic_switched_off_while_a_body_is_sent_kills_its_message_and_no_other(world: World) -> None:
    """I1, L-012: the same last moment as every opt-out; what is about something else goes."""
    world.sink.script = Script((Step("data", "delay", seconds=1.0, recipient="ann@*"),))
    [care] = await world.send("ann@example.com", topic="care")
    async with world.following(), world.working():
        await world.until(lambda: _has_begun(world))
        await world.opt_out("ann@example.com", topic="care")
        await world.until(lambda: world.database.fetchval("select state <> 'claimed' from messages"))
        assert await world.state(care) == ("suppressed", "opted_out")
        late, other = (
            await world.send("ann@example.com", topic="care"),
            await world.send("ann@example.com", topic="visits"),
        )
        await world.until(lambda: world.database.fetchval("select count(*) = 0 from messages where final_at is null"))
    assert await world.state(late[0]) == ("suppressed", "optout_topic")
    assert await world.state(other[0]) == ("sent", None)
    assert len(world.sink.messages) == 1


async def _has_begun(world: World) -> bool:
    return any(entry.event == "rcpt" for entry in world.sink.ledger)
