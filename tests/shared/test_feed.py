"""Feeds: nothing skipped, nothing twice, whatever commits when."""

import asyncio
import json
import random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import Database
from shared.kit.feed import (
    START,
    CursorUnreadableError,
    FeedRestartedError,
    Follower,
    NewChange,
    append_changes,
    read_changes,
    write_changes,
)
from shared.schemas.wire import Change, Changes


async def _append(database: Database, *keys: UUID, pause: float = 0) -> None:
    async with database.transaction() as connection:
        await append_changes(connection, [NewChange(None, "thing", key, '{"a": 1}') for key in keys])
        await asyncio.sleep(pause)


async def _all(database: Database, after: str = START) -> tuple[list[UUID], str]:
    page = await read_changes(database, epoch=None, after=after, limit=100, wait_seconds=0)
    return [change.key for change in page.changes], page.cursor


async def test_a_row_that_commits_late_is_not_skipped(api: Database) -> None:
    """Architecture 2: the trap of `id > last` - a sequence value is taken before its transaction commits."""
    late, early = uuid4(), uuid4()
    slow = asyncio.create_task(_append(api, late, pause=0.4))
    await asyncio.sleep(0.1)
    await _append(api, early)
    seen, cursor = await _all(api)
    assert seen == []
    await slow
    rest, _ = await _all(api, cursor)
    assert set(rest) == {late, early}


async def test_concurrent_writers_leave_no_gap_and_no_repeat(api: Database) -> None:
    """Architecture 2: proven gap-free under concurrent writers."""
    written: list[UUID] = []
    chance = random.Random(7)

    async def write() -> None:
        for _ in range(12):
            keys = [uuid4() for _ in range(chance.randint(1, 4))]
            await _append(api, *keys, pause=chance.uniform(0, 0.02))
            written.extend(keys)

    seen: list[UUID] = []
    cursor = START
    writers = asyncio.gather(*(write() for _ in range(6)))
    while not writers.done():
        keys, cursor = await _all(api, cursor)
        seen.extend(keys)
        await asyncio.sleep(0.005)
    await writers
    while (page := await _all(api, cursor))[0]:
        seen.extend(page[0])
        cursor = page[1]
    assert sorted(seen) == sorted(written)


async def test_transaction_ids_are_ordered_as_numbers(api: Database) -> None:
    """Architecture 2: 99 comes before 100, also where a page ends between them."""
    keys = {number: uuid4() for number in (100, 8, 99, 9, 10)}
    insert = text(
        "insert into changes (xid, subscriber_id, kind, key) values (cast(cast(:xid as text) as xid8), null, 'thing', :key)"
    )
    async with api.transaction() as connection:
        for number, key in keys.items():
            await connection.execute(insert, {"xid": str(number), "key": key})
    seen: list[UUID] = []
    cursor = START
    for _ in keys:
        page = await read_changes(api, epoch=None, after=cursor, limit=2, wait_seconds=0)
        seen, cursor = seen + [change.key for change in page.changes], page.cursor
    assert seen == [keys[number] for number in sorted(keys)]


async def test_a_page_written_out_is_the_page_that_is_read(api: Database) -> None:
    """Architecture 2: rows with and without a subscriber or a body, and a page without rows."""
    rows = [
        NewChange(uuid4(), "outcome", uuid4(), json.dumps({"reason": 'a "quoted" \\ word, \u00e9 \u2028', "at": None})),
        NewChange(None, "thing", uuid4()),
    ]
    async with api.transaction() as connection:
        await append_changes(connection, rows)
    for after in (START, (await read_changes(api, epoch=None, after=START, limit=9, wait_seconds=0)).cursor):
        read = await read_changes(api, epoch=None, after=after, limit=9, wait_seconds=0)
        written = await write_changes(api, epoch=None, after=after, limit=9, wait_seconds=0)
        assert Changes.model_validate_json(written) == read
    assert len((await read_changes(api, epoch=None, after=START, limit=9, wait_seconds=0)).changes) == 2


async def test_a_reader_waits_for_news_and_holds_no_connection_meanwhile(api: Database) -> None:
    """Architecture 2: long poll."""
    waiting = [
        asyncio.create_task(read_changes(api, epoch=None, after=START, limit=10, wait_seconds=5)) for _ in range(30)
    ]
    await asyncio.sleep(0.1)
    key = uuid4()
    await _append(api, key)
    pages = await asyncio.gather(*waiting)
    assert all([change.key for change in page.changes] == [key] for page in pages)


async def test_a_cursor_of_another_epoch_is_answered_with_restart(api: Database) -> None:
    """Architecture 2: 409 feed_restarted."""
    with pytest.raises(FeedRestartedError):
        await read_changes(api, epoch=uuid4(), after=START, limit=1, wait_seconds=0)


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", ".1", "-1.0", "1.2.3", "１.２", "9" * 60 + ".0"])
async def test_a_foreign_cursor_is_refused(api: Database, cursor: str) -> None:
    """Bad input gets a stable code."""
    with pytest.raises(CursorUnreadableError):
        await read_changes(api, epoch=None, after=cursor, limit=1, wait_seconds=0)


class _Source:
    """The provider's feed as a client would reach it; it may be told to restart."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def changes(self, *, epoch: UUID | None, after: str, limit: int, wait_seconds: float, reader: str) -> Changes:
        return await read_changes(self.database, epoch=epoch, after=after, limit=limit, wait_seconds=0)


class _Kept:
    """What a follower applied."""

    def __init__(self) -> None:
        self.keys: list[UUID] = []
        self.fail_next = False

    async def apply(self, connection: AsyncConnection, changes: list[Change]) -> None:
        if self.fail_next:
            self.fail_next = False
            raise RuntimeError("killed between apply and commit")
        self.keys.extend(change.key for change in changes)


async def test_a_follower_applies_each_row_exactly_once_over_failures(api: Database, worker: Database) -> None:
    """Architecture 2: the cursor is stored in the transaction that applied its rows."""
    kept = _Kept()
    follower = Follower(name="things", source=_Source(api), database=worker, apply=kept.apply, limit=2)
    keys = [uuid4() for _ in range(5)]
    for key in keys:
        await _append(api, key)
    kept.fail_next = True
    with pytest.raises(RuntimeError):
        await follower.step()
    while await follower.step():
        pass
    assert kept.keys == keys
    again = Follower(name="things", source=_Source(api), database=worker, apply=kept.apply)
    assert not await again.step()
    assert kept.keys == keys


async def test_a_follower_starts_over_after_a_restore(api: Database, worker: Database) -> None:
    """F24: a foreign epoch means reading again from the start."""
    kept = _Kept()
    follower = Follower(name="things", source=_Source(api), database=worker, apply=kept.apply)
    await _append(api, key := uuid4())
    assert await follower.step()
    async with api.transaction() as connection:
        await connection.execute(text("update service_state set epoch = gen_random_uuid()"))
    while await follower.step():
        pass
    assert kept.keys == [key, key]


async def test_two_followers_of_one_name_apply_a_page_once(api: Database, worker: Database) -> None:
    """F25: two copies of everything started."""
    kept = _Kept()
    followers = [
        Follower(name="things", source=_Source(api), database=worker, apply=kept.apply, limit=3) for _ in range(4)
    ]
    keys = [uuid4() for _ in range(9)]
    for key in keys:
        await _append(api, key)
    for _ in range(6):
        await asyncio.gather(*(follower.step() for follower in followers))
    assert kept.keys == keys
