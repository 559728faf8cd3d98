"""The follower keeps the send lease: granted for a copy that holds everything, and what it calls safe has taken effect."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from typing import Any

import asyncpg
import pytest

from services.mailer.delivery.follower import SuppressionFollower
from services.mailer.domain.states import State
from services.mailer.main import open_follower
from services.mailer.store.settling import Settlement, settle_messages
from shared.schemas.optout import SuppressionAnswer, SuppressionPoll
from tests.mailer.delivery.world import World, key_of


@pytest.fixture
async def follower(world: World) -> AsyncIterator[SuppressionFollower]:
    """Return a follower that a test moves step by step."""
    async with open_follower(world.mailer.deps) as opened:
        yield opened


@asynccontextmanager
async def _log(world: World) -> AsyncIterator[Any]:
    """Optout's database as a superuser sees it."""
    connection = await asyncpg.connect(world.optout.database.superuser)
    try:
        yield connection
    finally:
        await connection.close()


async def _fill_log(world: World, count: int) -> None:
    async with _log(world) as log:
        await log.execute(
            "insert into suppression_log (position, entry_id, kind, subscriber_id, address_key, suppression_class) "
            "select n, gen_random_uuid(), 'suppress', gen_random_uuid(), '1.aaaaaaaaaaaaaaaaaaaaaa', 'all' from generate_series(1, $1::int) n",
            count,
        )
        await log.execute("update suppression_head set last_position = $1", count)


async def _positions(world: World) -> tuple[int, int]:
    row = await world.database.fetchrow("select received, safe from follower_state")
    return row["received"], row["safe"]


async def _told_safe(world: World) -> int:
    async with _log(world) as log:
        return int(await log.fetchval("select min(safe_position) from lease_holders"))


async def test_no_lease_until_the_copy_holds_everything(world: World, follower: SuppressionFollower) -> None:
    """Architecture 4: rows first, the lease with the last of them."""
    await _fill_log(world, 5001)
    assert not await world.has_lease()
    assert await follower.step()
    assert (await _positions(world))[0] == 5000
    assert not await world.has_lease()
    await follower.step()
    assert (await _positions(world))[0] == 5001
    assert await world.has_lease()


async def test_a_follower_that_is_refused_a_lease_pauses_and_the_old_one_ends(
    world: World, follower: SuppressionFollower
) -> None:
    """I20, F5: optout on HOLD answers at once; asking without a pause would be a flood."""
    assert await follower.step()
    before = await world.database.fetchval("select lease_until from follower_state")
    async with _log(world) as log:
        await log.execute("update service_state set on_hold = true")
        await log.execute("update lease_holders set lease_until = clock_timestamp()")
    assert not await follower.step()
    assert await world.database.fetchval("select lease_until from follower_state") == before


async def test_the_lease_counts_from_before_the_question_however_late_the_answer(
    world: World, follower: SuppressionFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Architecture 4: optout counts from its answer; what the way took is lost to us, never to the person who opts out."""
    ask = follower.optout.poll
    answered_at: list[datetime] = []

    async def on_a_slow_way(poll: SuppressionPoll) -> SuppressionAnswer:
        answer = await ask(poll)
        async with _log(world) as log:
            answered_at.append(await log.fetchval("select max(lease_until) from lease_holders"))
        await asyncio.sleep(0.5)
        return answer

    monkeypatch.setattr(follower.optout, "poll", on_a_slow_way)
    assert await follower.step()
    assert await world.database.fetchval("select lease_until from follower_state") <= answered_at[0]


async def test_a_silent_optout_means_no_new_lease_and_a_pause(alone: World) -> None:
    """F7, architecture 4: a partition stops the sending."""
    async with open_follower(alone.mailer.deps) as follower:
        assert not await follower.step()
    assert not await alone.has_lease()


async def test_an_entry_is_safe_when_its_messages_in_flight_are_settled(
    world: World, follower: SuppressionFollower
) -> None:
    """I1, architecture 4: received at once, polled on without waiting, safe with the settlement."""
    handed_over = await world.hand_over("ann@example.com", "bob@example.com")
    [ann] = [message for message in handed_over if message.address_key == key_of("ann@example.com")]
    await follower.step()
    await world.opt_out("ann@example.com")
    await world.opt_out("cyd@example.com")
    for _ in range(3):
        assert await follower.step()
        assert await _positions(world) == (2, 0)
    async with world.mailer.deps.worker_db.raw() as connection:
        given = Settlement(ann.subscriber_id, ann.message_id, ann.claim_id, State.SENT, None)
        assert await settle_messages(connection, [given], now=world.now)
    await follower.step()
    assert await _positions(world) == (2, 2)
    assert await _told_safe(world) == 2


async def test_an_entry_is_safe_when_the_longest_hand_over_has_passed(world: World) -> None:
    """Architecture 4: 2 s of the follower's own clock; a successor, who does not know since when, counts them anew."""
    await world.hand_over("ann@example.com")
    async with open_follower(world.mailer.deps) as first, open_follower(world.mailer.deps) as second:
        await first.step()
        stored_at = monotonic()
        await world.opt_out("ann@example.com")
        while await _positions(world) != (1, 1):
            await first.step()
        assert monotonic() - stored_at >= 2.0
        await world.opt_out("ann@example.com", suppression_class="commercial")
        await first.step()
        await first.stop()
        taken_at = monotonic()
        while await _positions(world) != (2, 2):
            await second.step()
        assert monotonic() - taken_at >= 2.0
        assert await _told_safe(world) == 2


async def test_of_two_candidates_one_leads_until_it_stops(world: World, follower: SuppressionFollower) -> None:
    """Architecture 4: one elected follower per database."""
    async with open_follower(world.mailer.deps) as other:
        assert await follower.step()
        assert not await other.step()
        assert await follower.step()
        await follower.stop()
        assert await other.step()
        assert not await follower.step()


async def test_a_foreign_epoch_starts_the_copy_again_without_a_lease(
    world: World, follower: SuppressionFollower
) -> None:
    """Architecture 2, I20: nothing that was suppressed is forgotten, nothing leaves until the new log is read through."""
    await world.opt_out("ann@example.com")
    await follower.step()
    assert await world.has_lease()
    async with _log(world) as log:
        await log.execute("delete from suppression_log; update suppression_head set last_position = 0")
        await log.execute("update service_state set epoch = gen_random_uuid()")
    await world.opt_out("bob@example.com")
    await follower.step()
    row = await world.database.fetchrow("select epoch, received, safe, lease_until from follower_state")
    assert tuple(row) == (None, 0, 0, None)
    for _ in range(100):  # optout first brings that log up to date with its journal
        await follower.step()
        if await world.has_lease():
            break
        await asyncio.sleep(0.02)
    assert await world.has_lease()
    assert await world.database.fetchval("select count(*) from suppressions") == 2


async def test_a_log_that_went_back_under_the_same_epoch_is_read_again(
    world: World, follower: SuppressionFollower
) -> None:
    """F24: a disk snapshot put back keeps its identity; positions given twice must not be taken for known ones."""
    await _fill_log(world, 5)
    await follower.step()
    async with _log(world) as log:
        await log.execute(
            "delete from suppression_log where position > 3; update suppression_head set last_position = 3"
        )
    await follower.step()
    assert (await _positions(world), await world.has_lease()) == ((0, 0), False)
    for address in ("ann@example.com", "bob@example.com"):
        await world.opt_out(address)
    await follower.step()
    assert await world.has_lease()
    keys = {row["address_key"] for row in await world.database.fetch("select address_key from suppressions")}
    assert keys >= {key_of("ann@example.com"), key_of("bob@example.com")}


async def test_a_restored_or_promoted_database_holds_no_lease(world: World, follower: SuppressionFollower) -> None:
    """Architecture 4: the holder is tied to the server's start; its copy elsewhere is nobody."""
    await follower.step()
    holder = await world.database.fetchval("select holder from follower_state")
    await world.queue("ann@example.com")
    claimed = await world.claim()
    await world.database.execute("update follower_state set server_started_at = server_started_at - interval '1 h'")
    assert await world.mark(claimed) == set()
    await follower.step()
    assert await world.database.fetchval("select holder from follower_state") != holder
    assert len(await world.mark(claimed)) == 1


async def test_queued_mail_of_who_opted_out_ends_with_the_poll_that_brought_it(
    world: World, follower: SuppressionFollower
) -> None:
    """S-030: not when its turn comes; the scheduler is told."""
    await follower.step()
    [ann, _] = await world.send("ann@example.com", "bob@example.com")
    await world.opt_out("ann@example.com")
    await follower.step()
    assert await world.states() == {"suppressed": 1, "accepted": 1}
    assert [outcome["message_id"] for outcome in await world.outcomes()] == [str(ann)]


async def test_the_door_answers_when_the_mailer_has_it(world: World) -> None:
    """I1: 200 means that the mailer's next marker knows."""
    world.optout.deps.door.watch._quiet_until = 0.0  # as if it had been up for a lease already
    addresses = [f"ann{number}@example.com" for number in range(5)]
    async with world.following():
        answers = await asyncio.gather(*(world.click(address) for address in addresses))
        kept = {row["address_key"] for row in await world.database.fetch("select address_key from suppressions")}
        assert await _positions(world) == (5, 5)
    assert [answer.status_code for answer in answers] == [200] * 5
    assert kept == {key_of(address) for address in addresses}
