"""What plumbing keeps for a time only: answered keys, and rows of feeds that everybody has read or that a newer row supersedes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.kit import feed_cleaning
from shared.kit.db import Database
from shared.kit.feed import NewChange, append_changes, read_changes
from shared.kit.feed_cleaning import EventFeed, Feed, StateFeed, clean_feed
from shared.kit.feed_readers import Stand, passed_by_all
from shared.kit.http import AsyncClient
from shared.kit.requests import forget_answers
from shared.schemas.wire import Changes
from tests.fixtures.clocks import MONDAY_MORNING
from tests.shared.things import client_credential

KEEP = timedelta(days=90)
LATER = MONDAY_MORNING + KEEP
OWN = "own_counts"


async def append(database: Database, *keys: UUID) -> None:
    async with database.transaction() as connection:
        await append_changes(connection, [NewChange(None, "thing", key) for key in keys])


async def read(database: Database, reader: str, page: Changes | None = None) -> Changes:
    """Read what is behind a page, as the follower of that name does."""
    epoch, after = (page.epoch, page.cursor) if page else (None, "0.0")
    return await read_changes(database, epoch=epoch, after=after, limit=1000, wait_seconds=0, reader=reader)


async def clean(worker: Database, feed: Feed, *, now: datetime = LATER) -> int:
    """Clean until nothing is left to do; return the number of slices."""
    for slices in range(1, 1000):
        async with worker.transaction() as connection:
            if not await clean_feed(connection, feed, now=now, keep=KEEP):
                return slices
    raise AssertionError("cleaning does not come to an end")


async def kept(worker: Database) -> list[UUID]:
    """Return the keys of the rows that are left, in order."""
    async with worker.transaction() as connection:
        return list(await connection.scalars(text("select key from changes order by xid, position")))


@pytest.fixture
async def marked(api: Database, worker: Database) -> Sequence[UUID]:
    """Return the keys of three rows from before the mark that the feed is cleaned by; a fourth came later."""
    keys = [uuid4() for _ in range(4)]
    await append(api, *keys[:3])
    await clean(worker, EventFeed(), now=MONDAY_MORNING)
    await append(api, keys[3])
    return keys


async def test_an_answer_is_forgotten_after_its_time_and_the_key_is_free(
    http: AsyncClient, api: Database, worker: Database
) -> None:
    """Reliability 2.1: a repeat within the stated time gets the first answer; afterwards the table has let go of it, in slices."""
    caller = client_credential(sub=uuid4())
    made = {}
    for number in range(5):
        answer = await http.post("/v1/things", json={"number": 1}, headers=caller | {"Idempotency-Key": f"k{number}"})
        made[number] = answer.json()["made"]
    old = MONDAY_MORNING - timedelta(days=1)
    async with api.transaction() as connection:
        await connection.execute(text("update idempotency set created_at = :old where key <> 'k4'"), {"old": old})
        await connection.execute(
            text("update idempotency set created_at = :new where key = 'k4'"), {"new": MONDAY_MORNING}
        )
    rounds: list[bool] = []
    while not rounds or rounds[-1]:
        async with worker.transaction() as connection:
            rounds.append(await forget_answers(connection, before=MONDAY_MORNING, limit=3))
    assert rounds == [True, False]
    for number, is_same in ((4, True), (0, False)):
        again = await http.post("/v1/things", json={"number": 1}, headers=caller | {"Idempotency-Key": f"k{number}"})
        assert (again.json()["made"] == made[number]) is is_same


async def test_old_rows_go_when_every_reader_has_passed_them(
    api: Database, worker: Database, marked: Sequence[UUID]
) -> None:
    """Architecture 2: nothing that a reader has not read, and nothing younger than the stated time."""
    feed = EventFeed("scheduler.things")
    page = await read(api, "scheduler.things")
    await read(api, "portal.things")
    await clean(worker, feed)
    assert await kept(worker) == list(marked)
    await read(api, "scheduler.things", page)
    await clean(worker, feed)
    assert await kept(worker) == list(marked)
    await read(api, "portal.things", page)
    await clean(worker, feed, now=LATER - timedelta(minutes=1))
    assert await kept(worker) == list(marked)
    await clean(worker, feed)
    assert await kept(worker) == list(marked[3:])
    assert [change.key for change in (await read(api, "newcomer")).changes] == list(marked[3:])


async def test_nothing_goes_before_a_needed_reader_has_come(
    api: Database, worker: Database, marked: Sequence[UUID]
) -> None:
    """Architecture 2: a reader that was never seen has read nothing; one without a name is none."""
    await read(api, "portal.things", await read(api, "portal.things"))
    await clean(worker, EventFeed("scheduler.things"))
    assert await kept(worker) == list(marked)


async def test_a_follower_of_our_own_counts_as_a_reader(
    api: Database, worker: Database, marked: Sequence[UUID]
) -> None:
    """Architecture 2: its cursor stands in this database."""
    feed = EventFeed(OWN)
    page = await read(api, "portal.things")
    await read(api, "portal.things", page)
    first = page.changes[0].position
    async with worker.transaction() as connection:
        values = {"feed": OWN, "epoch": page.epoch, "cursor": first}
        await connection.execute(
            text("insert into cursors (feed, epoch, cursor) values (:feed, :epoch, :cursor)"), values
        )
    await clean(worker, feed)
    assert await kept(worker) == list(marked[1:])


async def test_after_a_restore_everything_is_kept_until_the_readers_are_through_again(
    api: Database, worker: Database, marked: Sequence[UUID]
) -> None:
    """F24: a stand in another epoch says nothing about these rows."""
    feed = EventFeed("scheduler.things")
    await read(api, "scheduler.things", await read(api, "scheduler.things"))
    async with api.transaction() as connection:
        await connection.execute(text("update service_state set epoch = gen_random_uuid()"))
    await clean(worker, feed)
    page = await read(api, "scheduler.things")
    assert [change.key for change in page.changes] == list(marked)
    await clean(worker, feed)
    assert await kept(worker) == list(marked)
    await read(api, "scheduler.things", page)
    await clean(worker, feed)
    assert await kept(worker) == list(marked[3:])


async def test_a_restored_reader_gets_again_what_it_had_read(
    api: Database, worker: Database, marked: Sequence[UUID]
) -> None:
    """I20: it stands further back than it did, and holds on to what is behind that."""
    page = await read(api, "scheduler.things")
    await read(api, "scheduler.things", page)
    await read(api, "scheduler.things")
    await clean(worker, EventFeed("scheduler.things"))
    assert await kept(worker) == list(marked)


async def test_rows_go_in_bounded_slices(
    api: Database, worker: Database, marked: Sequence[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Architecture 2: no long writing transactions."""
    monkeypatch.setattr(feed_cleaning, "SLICE", 1)
    await read(api, "scheduler.things", await read(api, "scheduler.things"))
    assert await clean(worker, EventFeed("scheduler.things")) == 4
    assert await kept(worker) == list(marked[3:])


@pytest.mark.parametrize("slice_", [1, 2, 100])
async def test_of_a_things_old_rows_the_newest_stays_whoever_has_read(
    api: Database, worker: Database, monkeypatch: pytest.MonkeyPatch, slice_: int
) -> None:
    """Architecture 2: a feed may be replayed from the start and tells of everything, once."""
    monkeypatch.setattr(feed_cleaning, "SLICE", slice_)
    ann, bob, cal = uuid4(), uuid4(), uuid4()
    feed = StateFeed()
    for key in (ann, bob, ann, cal, bob):
        await append(api, key)
    await clean(worker, feed, now=MONDAY_MORNING)
    for key in (cal, ann, cal):
        await append(api, key)
    await clean(worker, feed)
    assert await kept(worker) == [bob, cal, ann, cal]
    assert {change.key for change in (await read(api, "newcomer")).changes} == {ann, bob, cal}
    later = LATER + KEEP
    await clean(worker, feed, now=later)
    assert await kept(worker) == [bob, ann, cal]


async def test_a_newer_row_that_is_not_shown_yet_supersedes_nothing(api: Database, worker: Database) -> None:
    """Architecture 2: behind a dump, rows with ids of transactions yet to come are hidden; what they would supersede is all a reader has."""
    ann = uuid4()
    await append(api, ann)
    async with api.transaction() as connection:
        future = "insert into changes (xid, kind, key) values (cast('900000000' as xid8), 'thing', :key)"
        await connection.execute(text(future), {"key": ann})
    feed = StateFeed()
    await clean(worker, feed, now=MONDAY_MORNING)
    await clean(worker, feed)
    assert await kept(worker) == [ann, ann]
    assert [change.key for change in (await read(api, "newcomer")).changes] == [ann]


def test_the_slowest_reader_decides_and_all_must_speak_of_this_epoch() -> None:
    """Architecture 2: what may go is what everybody has passed."""
    epoch, other = uuid4(), uuid4()
    fast, slow = Stand("a", epoch, (9, 3)), Stand("b", epoch, (9, 1))
    assert passed_by_all([fast, slow], needed=["a"], epoch=epoch) == (9, 1)
    assert passed_by_all([fast, slow], needed=["a", "c"], epoch=epoch) is None
    assert passed_by_all([fast, Stand("b", other, (1, 1))], needed=["a"], epoch=epoch) is None
    assert passed_by_all([], needed=[], epoch=epoch) is None
