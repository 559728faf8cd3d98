"""The mailer's own copy of the suppression log: what an entry stops, and that it and a marker never pass each other."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.mailer.store.marking import explain_unmarked, mark_messages
from services.mailer.store.suppressing import keep_safe, keep_suppressions, restart_copy, sweep_suppressed
from shared.schemas.optout import SuppressionEntry
from tests.mailer.delivery.world import World, key_of

EPOCH = uuid4()
ANN = "ann@example.com"
GROUP = 40


def entry(position: int, **values: Any) -> SuppressionEntry:
    """Return an entry of the log, by default one that stops everything from every business to a key."""
    given: dict[str, Any] = {
        "position": position,
        "entry_id": uuid4(),
        "kind": "suppress",
        "subscriber_id": None,
        "location_id": None,
        "address_key": None,
        "person_id": None,
        "suppression_class": "all",
    }
    return SuppressionEntry(**given | values)


async def keep(
    world: World, *entries: SuppressionEntry, epoch: UUID = EPOCH, received: int = 0, lease: datetime | None = None
) -> None:
    """Keep entries as the follower does."""
    last = max([received, *(each.position for each in entries)])
    async with world.mailer.deps.worker_db.raw() as connection:
        await keep_suppressions(connection, entries, epoch=epoch, received=last, lease_until=lease)


async def sweep(world: World, *entries: SuppressionEntry) -> None:
    """Sweep as the follower does."""
    keys = [each.address_key for each in entries if each.address_key]
    people = [each.person_id for each in entries if each.person_id]
    async with world.mailer.deps.worker_db.raw() as connection:
        await sweep_suppressed(connection, keys, people, now=world.now)


async def test_an_entry_stops_what_its_key_scope_and_class_say_and_nothing_else(alone: World) -> None:
    """S-030, S-034, architecture 11: queued mail ends at once, claimed mail at its marker, the rest goes."""
    await alone.grant_lease()
    own, place = alone.subscriber.subscriber_id, alone.location.location_id
    key: dict[str, Any] = {"address_key": "self"}
    person: dict[str, Any] = {"person_id": "self"}
    cases: list[tuple[dict[str, Any], str, bool]] = [
        (key, "transactional", True),
        (key | {"subscriber_id": own}, "transactional", True),
        (key | {"subscriber_id": own, "location_id": place}, "commercial", True),
        (key | {"suppression_class": "commercial"}, "commercial", True),
        (key | {"suppression_class": "commercial"}, "transactional", False),
        (key | {"subscriber_id": uuid4()}, "transactional", False),
        (key | {"subscriber_id": own, "location_id": uuid4()}, "commercial", False),
        ({"address_key": key_of("somebody.else@example.com")}, "commercial", False),
        (person, "transactional", True),
        (person | {"subscriber_id": own, "suppression_class": "commercial"}, "commercial", True),
        (person | {"suppression_class": "commercial"}, "transactional", False),
        (person | {"subscriber_id": own, "location_id": uuid4()}, "transactional", False),
        ({"person_id": uuid4()}, "commercial", False),
    ]
    for number, (values, message_class, stops) in enumerate(cases):
        address, people = f"ann{number}@example.com", [uuid4(), uuid4()]
        content = alone.commercial_id if message_class == "commercial" else alone.content_id
        touches = [{"touch_id": str(uuid4()), "person_id": str(each)} for each in people]
        held, queued = (
            alone.message(address, uuid4(), content_id=str(content), touches=[touch]) for touch in touches[:1] * 2
        )
        held["touches"] = touches
        queued["touches"] = [touch | {"touch_id": str(uuid4())} for touch in touches]
        await alone.submit(held)
        [claimed] = await alone.claim()
        await alone.submit(queued)
        filled = {
            name: {"address_key": key_of(address), "person_id": people[1]}[name] if value == "self" else value
            for name, value in values.items()
        }
        given = entry(number + 1, **filled)
        await keep(alone, given)
        await sweep(alone, given)
        swept = (await alone.state(UUID(queued["message_id"]))) == ("suppressed", "opted_out")
        marked = await alone.mark([claimed])
        assert (swept, bool(marked)) == (stops, not stops), (number, values, message_class)
        if stops:
            async with alone.mailer.deps.worker_db.raw() as connection:
                why = await explain_unmarked(connection, [claimed], now=alone.now)
            assert why == {claimed.message_id: "suppressed"}
        else:
            await alone.database.execute("update messages set state = 'failed' where state = 'accepted'")
    told = [outcome for outcome in await alone.outcomes() if outcome["state"] == "suppressed"]
    assert len(told) == sum(stops for _, _, stops in cases)


async def test_an_entry_about_a_topic_stops_messages_about_it_alone(alone: World) -> None:
    """L-012: of either class, by address and by person; a message about nothing is stopped by what stops every topic only."""
    await alone.grant_lease()
    for number, (held_by, topic, stops) in enumerate(
        [
            ("address_key", "care", True),
            ("person_id", "care", True),
            ("address_key", "news", False),
            ("person_id", None, False),
        ]
    ):
        address, person = f"bea{number}@example.com", uuid4()
        held, queued = (alone.message(address, person, topic=topic) for _ in range(2))
        await alone.submit(held)
        [claimed] = await alone.claim()
        assert claimed.topic == topic
        await alone.submit(queued)
        values = {"address_key": key_of(address)} if held_by == "address_key" else {"person_id": person}
        given = entry(number + 1, **values, topic="care")
        await keep(alone, given)
        await sweep(alone, given)
        swept = (await alone.state(UUID(queued["message_id"]))) == ("suppressed", "opted_out")
        assert (swept, bool(await alone.mark([claimed]))) == (stops, not stops), (held_by, topic)
        if stops:
            async with alone.mailer.deps.worker_db.raw() as connection:
                why = await explain_unmarked(connection, [claimed], now=alone.now)
            assert why == {claimed.message_id: "suppressed"}
        else:
            await alone.database.execute("update messages set state = 'failed' where state = 'accepted'")


async def test_a_lift_of_a_topic_removes_that_topics_entries_only(alone: World) -> None:
    """I9, L-015: nothing wider and no other topic; and a lift of everything no topic."""
    key = {"address_key": key_of(ANN), "subscriber_id": alone.subscriber.subscriber_id}
    await keep(alone, entry(1, **key), entry(2, **key, topic="care"), entry(3, **key, topic="news"))
    await keep(alone, entry(4, kind="lift", **key, topic="care"))
    left = "select array_agg(position order by position) from suppressions"
    assert await alone.database.fetchval(left) == [1, 3]
    await keep(alone, entry(5, kind="lift", **key))
    assert await alone.database.fetchval(left) == [3]


async def test_a_lift_removes_what_came_before_it_and_only_that(alone: World) -> None:
    """I9: a person's own later act; the same key, scope and class."""
    await alone.grant_lease()
    key = {"address_key": key_of(ANN), "subscriber_id": alone.subscriber.subscriber_id}
    await keep(alone, entry(1, **key), entry(2, **key, suppression_class="commercial"), entry(3, kind="lift", **key))
    assert await alone.database.fetchval("select array_agg(position) from suppressions") == [2]
    await alone.queue(ANN)
    assert len(await alone.mark(await alone.claim())) == 1
    await keep(alone, entry(4, **key))
    await keep(alone, entry(5, kind="lift", **key | {"subscriber_id": None}))
    await alone.queue(ANN)
    assert await alone.mark(await alone.claim()) == set()


async def test_a_leader_that_was_overtaken_moves_nothing_back(alone: World) -> None:
    """Architecture 4: neither positions nor lease, nor does it bring back what was lifted meanwhile."""
    key = {"address_key": key_of(ANN)}
    old = entry(1, **key)
    await alone.grant_lease()
    later = await alone.database.fetchval("select clock_timestamp() + interval '30 s'")
    earlier = await alone.database.fetchval("select clock_timestamp() + interval '3 s'")
    await alone.database.execute("update follower_state set lease_until = null")
    await keep(alone, old, entry(2, kind="lift", **key), lease=later)
    await keep(alone, old, lease=earlier)
    row = await alone.database.fetchrow("select epoch, received, lease_until from follower_state")
    assert tuple(row) == (EPOCH, 2, later)
    assert await alone.database.fetchval("select count(*) from suppressions") == 0
    async with alone.mailer.deps.worker_db.raw() as connection:
        await restart_copy(connection, epoch=uuid4(), received=2)
        await restart_copy(connection, epoch=EPOCH, received=3)
    assert await alone.database.fetchval("select received from follower_state") == 2
    await keep(alone, epoch=uuid4(), received=9, lease=earlier)
    assert tuple(await alone.database.fetchrow("select epoch, received, lease_until from follower_state")) == tuple(row)


async def test_a_marker_holds_an_arriving_suppression_back_until_it_has_committed(alone: World) -> None:
    """Reliability finding 13: paused between check and commit, the suppression waits and then sees the message in flight."""
    await alone.queue(ANN)
    await alone.grant_lease()
    claimed = await alone.claim()
    database = alone.mailer.deps.worker_db
    async with database.raw() as marking, database.raw() as following:
        transaction = marking.transaction()
        await transaction.start()
        assert len(await mark_messages(marking, claimed, now=alone.now)) == 1
        keeping = asyncio.create_task(_keep_in(following, entry(1, address_key=key_of(ANN))))
        await alone.until(lambda: _waits_for_the_lock(alone))
        assert not keeping.done()
        await transaction.commit()
        await keeping
        assert not await keep_safe(following, epoch=EPOCH, position=1, address_keys=[key_of(ANN)])


async def test_an_arriving_suppression_holds_markers_back_until_it_has_committed(alone: World) -> None:
    """Reliability finding 13: paused between lock and commit, the marker waits and then sees the suppression."""
    await alone.queue(ANN)
    await alone.grant_lease()
    claimed = await alone.claim()
    database = alone.mailer.deps.worker_db
    async with database.raw() as following, database.raw() as marking:
        transaction = following.transaction()
        await transaction.start()
        await _keep_in(following, entry(1, address_key=key_of(ANN)))
        waiting = asyncio.create_task(mark_messages(marking, claimed, now=alone.now))
        await alone.until(lambda: _waits_for_the_lock(alone))
        assert not waiting.done()
        await transaction.commit()
        assert await waiting == set()


async def test_a_follower_that_freezes_with_the_lock_in_hand_loses_it(alone: World) -> None:
    """F2, architecture 4: its transaction ends by itself and markers go on."""
    await alone.queue(ANN)
    await alone.grant_lease()
    claimed = await alone.claim()
    frozen = await alone.mailer.deps.worker_db.connect()
    await frozen.transaction().start()
    await _keep_in(frozen, entry(1, address_key=key_of("bob@example.com")))
    assert len(await alone.mark(claimed)) == 1
    assert await alone.database.fetchval("select count(*) from suppressions") == 0
    frozen.terminate()


async def _keep_in(connection: Any, *entries: SuppressionEntry) -> None:
    await keep_suppressions(connection, entries, epoch=EPOCH, received=entries[-1].position, lease_until=None)


async def _waits_for_the_lock(world: World) -> bool:
    found = await world.database.fetchval(
        "select exists (select from pg_locks where locktype = 'advisory' and objid = 7310 and not granted "
        "and database = (select oid from pg_database where datname = current_database()))"
    )
    return bool(found)


async def test_no_marker_is_set_after_a_suppression_was_kept(alone: World) -> None:
    """I1, reliability finding 13: many rounds; whoever is not in flight when the suppression has been kept never will be."""
    addresses = [f"ann{number}@example.com" for number in range(400)]
    await alone.queue(*addresses)
    await alone.grant_lease()
    claimed = {message.address_key: message for message in await alone.claim()}
    keys = [key_of(address) for address in addresses]
    database = alone.mailer.deps.worker_db
    stopped: set[str] = set()

    async def keep_and_look(first: int, share: list[str], start: asyncio.Event) -> None:
        async with database.raw() as connection:
            await start.wait()
            for number, key in enumerate(share):
                await _keep_in(connection, entry(first + number + 1, address_key=key))
                if await keep_safe(connection, epoch=EPOCH, position=first + number + 1, address_keys=[key]):
                    stopped.add(key)

    async with database.raw() as marking:
        for first in range(0, len(keys), GROUP):
            group, start = keys[first : first + GROUP], asyncio.Event()
            keeping = asyncio.create_task(keep_and_look(first, group[::4], start))
            await asyncio.sleep(0.001 * (first // GROUP % 4))
            start.set()
            await mark_messages(marking, [claimed[key] for key in group], now=alone.now)
            await keeping
    rows = await alone.database.fetch("select address_key from messages where state = 'handing_over'")
    marked = {row["address_key"] for row in rows}
    assert marked & stopped == set()
    assert marked | stopped == set(keys)
