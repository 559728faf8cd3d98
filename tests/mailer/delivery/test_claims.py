"""Claims fence: a worker whose lease was taken over changes nothing, and what a dead worker held comes to an end."""

from uuid import uuid4

from services.mailer.domain.states import State
from services.mailer.store.claiming import ClaimedMessage, extend_claims, repair_claims
from services.mailer.store.settling import AttemptRow, Settlement, settle_messages
from tests.fixtures.services import service_headers
from tests.mailer.delivery.world import World


async def _settle(world: World, message: ClaimedMessage, state: State, reason: str | None = None) -> bool:
    attempt = AttemptRow(uuid4(), world.now, world.now, "dot", 250, None, "sent") if state is State.SENT else None
    next_at = world.now if state in (State.ACCEPTED, State.DEFERRED) else None
    given = Settlement(
        message.subscriber_id, message.message_id, message.claim_id, state, reason, next_at, attempt=attempt
    )
    async with world.mailer.deps.worker_db.raw() as connection:
        return bool(await settle_messages(connection, [given], now=world.now))


async def _repair(world: World) -> tuple[int, int]:
    async with world.mailer.deps.worker_db.raw() as connection:
        return await repair_claims(connection, now=world.now)


async def _let_run_out(world: World) -> None:
    await world.database.execute("update claims set lease_until = clock_timestamp() - interval '1 ms'")


async def test_claimed_messages_of_a_dead_worker_wait_again(alone: World) -> None:
    """I3, I12: before the marker everything may be tried again; nothing is counted against the message."""
    await alone.queue("ann@example.com", "bob@example.com")
    await alone.claim()
    assert await _repair(alone) == (0, 0)
    await _let_run_out(alone)
    assert await _repair(alone) == (0, 2)
    assert await alone.states() == {"accepted": 2}
    assert await alone.database.fetchval("select count(*) from claims") == 0
    assert len(await alone.claim()) == 2
    assert await alone.outcomes() == []


async def test_a_worker_whose_claim_was_taken_over_changes_nothing(alone: World) -> None:
    """Architecture 4: marker, put-back and settle all name the claim."""
    await alone.queue("ann@example.com")
    await alone.grant_lease()
    [old] = await alone.claim()
    await _let_run_out(alone)
    await _repair(alone)
    [new] = await alone.claim(worker_id=uuid4())
    assert new.claim_id != old.claim_id
    assert await alone.mark([old]) == set()
    for state in (State.ACCEPTED, State.DEFERRED, State.BOUNCED, State.FAILED, State.SUPPRESSED, State.RECHECK):
        assert not await _settle(alone, old, state)
    assert await alone.mark([new]) == {new.message_id}
    for state in (State.ACCEPTED, State.SENT, State.UNCERTAIN, State.BOUNCED):
        assert not await _settle(alone, old, state)
    assert await _settle(alone, new, State.SENT)
    assert await alone.states() == {"sent": 1}


async def test_what_a_dead_worker_was_handing_over_is_uncertain_and_stays_so(alone: World) -> None:
    """I3, L-071: told once, never claimed again."""
    [message] = await alone.hand_over("ann@example.com")
    await _let_run_out(alone)
    assert await _repair(alone) == (1, 0)
    assert await alone.state(message.message_id) == ("uncertain", "worker_died")
    assert await _repair(alone) == (0, 0)
    assert await alone.claim() == []
    assert [outcome["state"] for outcome in await alone.outcomes()] == ["uncertain"]


async def test_a_late_definite_reply_of_the_same_attempt_settles_a_doubt(alone: World) -> None:
    """Architecture 4: the worker was only slow; what it read counts, once, and a stranger's word never does."""
    ann, bob = await alone.hand_over("ann@example.com", "bob@example.com")
    await _let_run_out(alone)
    await _repair(alone)
    assert not await _settle(alone, ann._replace(claim_id=uuid4()), State.SENT)
    assert await _settle(alone, ann, State.SENT)
    assert not await _settle(alone, ann, State.SENT)
    assert await _settle(alone, bob, State.DEFERRED, "try_later")
    assert await alone.states() == {"sent": 1, "deferred": 1}
    told = [outcome["state"] for outcome in await alone.outcomes()]
    assert sorted(told) == ["deferred", "sent", "uncertain", "uncertain"]


async def test_a_put_back_wins_over_a_marker_whose_commit_nobody_knows(alone: World) -> None:
    """Architecture 4: the dot was not written, so whichever of the two comes first, the message waits again."""
    await alone.queue("ann@example.com", "bob@example.com")
    await alone.grant_lease()
    ann, bob = await alone.claim()
    await alone.mark([ann])
    assert await _settle(alone, ann, State.ACCEPTED, "marker_unknown")
    assert await _settle(alone, bob, State.ACCEPTED, "marker_unknown")
    assert await alone.mark([ann, bob]) == set()
    assert await alone.states() == {"accepted": 2}


async def test_a_claim_lives_while_its_worker_knows_it_and_its_messages_are_open(alone: World) -> None:
    """Architecture 4: a claim whose answer was lost runs out, also while its worker lives; one without messages goes."""
    await alone.queue("ann@example.com")
    [known] = await alone.claim()
    await alone.queue("bob@example.com")
    [lost] = await alone.claim()
    await alone.queue("cyd@example.com")
    [cancelled] = await alone.claim()
    touches = await alone.database.fetchval(
        "select touch_ids::text[] from messages where message_id = $1", cancelled.message_id
    )
    body = {"subscriber_id": str(alone.subscriber.subscriber_id), "touch_ids": touches}
    headers = service_headers("scheduler", "mailer")
    assert (await alone.mailer.http.post("/v1/messages/cancel", json=body, headers=headers)).status_code == 200
    await alone.database.execute("update claims set lease_until = clock_timestamp() + interval '1 s'")
    async with alone.mailer.deps.worker_db.raw() as connection:
        ids = [known.claim_id, cancelled.claim_id]
        assert await extend_claims(connection, worker_id=alone.worker_id, known=ids) == {cancelled.claim_id}
    rows = await alone.database.fetch("select claim_id from claims order by lease_until")
    assert [row["claim_id"] for row in rows] == [lost.claim_id, known.claim_id]
    await alone.database.execute(
        "update claims set lease_until = clock_timestamp() where claim_id = $1", known.claim_id
    )
    async with alone.mailer.deps.worker_db.raw() as connection:
        await extend_claims(connection, worker_id=alone.worker_id, known=[known.claim_id])
    dead = await alone.database.fetchval("select count(*) from claims where lease_until <= clock_timestamp()")
    assert dead == 1
