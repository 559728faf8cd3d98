"""A claim is shared: a small practice never waits behind a chain, nor a reminder behind its own business's newsletter."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from services.mailer.store.claiming import NOBODY, ClaimedMessage, claim_messages, find_last_served
from shared.kit.ids import new_id
from tests.mailer.delivery.world import World

_FILL = """
insert into messages (subscriber_id, message_id, location_id, campaign_id, content_id, origin, message_class, touch_ids, person_ids, address_key,
    due_at, next_at, useful_until, recheck_after, accepted_at)
select $1, gen_random_uuid(), gen_random_uuid(), $2, gen_random_uuid(), 'campaign', 'commercial', '{}', '{}', '1.' || substr(md5(i::text), 1, 22),
    $3::timestamptz, $3, $3 + interval '1 day', $3 + interval '1 day', $3
from generate_series(1, $4::int) i
"""


async def _fill(
    world: World, subscriber_id: UUID, count: int, *, campaign_id: UUID | None = None, minutes: int = 0
) -> UUID:
    """Put messages into the queue, due so many minutes ago; return the subscriber."""
    at = world.now - timedelta(minutes=minutes)
    await world.database.execute(_FILL, subscriber_id, campaign_id, at, count)
    return subscriber_id


async def _claim(world: World, limit: int, after: UUID = NOBODY) -> list[ClaimedMessage]:
    async with world.mailer.deps.worker_db.raw() as connection:
        return await claim_messages(
            connection, worker_id=world.worker_id, claim_id=new_id(), limit=limit, now=world.now, after=after
        )


def _by_subscriber(messages: Sequence[ClaimedMessage]) -> Counter[UUID]:
    return Counter(message.subscriber_id for message in messages)


async def test_a_small_practice_does_not_wait_behind_a_chain(alone: World) -> None:
    """Fairness (reliability.md 5): 2,000 older messages of a chain, three of a practice: these are in the first claim."""
    chain = await _fill(alone, uuid4(), 2000, campaign_id=uuid4(), minutes=60)
    practice = await _fill(alone, uuid4(), 3, campaign_id=uuid4())
    assert _by_subscriber(await _claim(alone, 100)) == {chain: 50, practice: 3}


async def test_campaigns_of_a_business_take_turns(alone: World) -> None:
    """Its reminders, and mail that belongs to no campaign, do not wait behind its newsletter."""
    business, newsletter, reminders = uuid4(), uuid4(), uuid4()
    await _fill(alone, business, 1000, campaign_id=newsletter, minutes=60)
    await _fill(alone, business, 10, campaign_id=reminders)
    await _fill(alone, business, 5)
    claimed = await _claim(alone, 60)
    rows = await alone.database.fetch("select campaign_id from messages where state = 'claimed'")
    assert len(claimed) == 60
    assert Counter(row["campaign_id"] for row in rows) == {newsletter: 45, reminders: 10, None: 5}


async def test_the_next_claim_goes_on_behind_the_subscriber_served_last(alone: World) -> None:
    """70 businesses with much due: two claims, each shared among 50 at most, serve all of them."""
    businesses = {await _fill(alone, uuid4(), 20, campaign_id=uuid4()) for _ in range(70)}
    first = await _claim(alone, 100)
    assert len(_by_subscriber(first)) == 50
    second = await _claim(alone, 100, find_last_served(NOBODY, first))
    served = _by_subscriber(first) + _by_subscriber(second)
    assert set(served) == businesses
    assert sorted(businesses)[-20:] == sorted(_by_subscriber(second))[-20:]


async def test_what_is_stopped_is_not_claimed_and_does_not_hold_up_the_rest(alone: World) -> None:
    """I24: a paused campaign, and a paused business, whose mail is older than everybody's."""
    paused, campaign, running = uuid4(), uuid4(), uuid4()
    await _fill(alone, paused, 300, campaign_id=uuid4(), minutes=90)
    await _fill(alone, running, 300, campaign_id=campaign, minutes=60)
    await _fill(alone, running, 30, campaign_id=uuid4())
    for scope, stopped in (("subscriber", paused), ("campaign", campaign)):
        await alone.database.execute("insert into stops values ($1, $2, now())", scope, str(stopped))
    assert _by_subscriber(await _claim(alone, 100)) == {running: 30}
    await alone.database.execute("delete from stops where scope = 'campaign'")
    assert _by_subscriber(await _claim(alone, 100)) == {running: 100}
    await alone.database.execute("insert into stops values ('all', 'all', now())")
    assert await _claim(alone, 100) == []


async def test_campaigns_that_wait_for_later_hold_up_none_that_is_due(alone: World) -> None:
    """64 campaigns, the smallest by id, are due in an hour, and one behind them has 800 messages now."""
    business = uuid4()
    for number in range(64):
        await _fill(alone, business, 1, campaign_id=UUID(int=1000 + number), minutes=-60)
    await _fill(alone, business, 800, campaign_id=UUID(int=5000))
    assert _by_subscriber(await _claim(alone, 500)) == {business: 500}


async def test_of_many_campaigns_those_that_have_waited_longest_go_first(alone: World) -> None:
    """70 campaigns, the later by id the longer due: a claim looks at 64 of them, and leaves those that came due last for the next."""
    business = uuid4()
    for number in range(70):
        await _fill(alone, business, 2, campaign_id=UUID(int=1000 + number), minutes=number)
    assert len(await _claim(alone, 64)) == 64
    rows = await alone.database.fetch("select campaign_id from messages where state = 'claimed'")
    assert {row["campaign_id"].int - 1000 for row in rows} == set(range(6, 70))


async def test_workers_that_claim_side_by_side_share_what_is_due(alone: World) -> None:
    """S16: rows that another worker's claim holds are passed over, not waited for, and no message is claimed twice."""
    await _fill(alone, uuid4(), 300, campaign_id=uuid4())
    transaction = alone.database.transaction()
    await transaction.start()
    held = await alone.database.fetch("select message_id from pick_due($1, $2, 100, 50)", alone.now, NOBODY)
    claimed = await _claim(alone, 100)
    await transaction.rollback()
    assert len(held) == len(claimed) == 100
    assert not {row["message_id"] for row in held} & {message.message_id for message in claimed}
