"""Roles, contexts and leases against a real server."""

import asyncio
import os
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from shared.kit.crypto import DataKeys, UndecryptableError
from shared.kit.db import Database, Row, UnsafeRoleError, set_subscriber
from shared.kit.epoch import is_on_hold, read_epoch, renew_epoch, set_hold
from shared.kit.lease import drop_lease, take_lease
from tests.conftest import SERVER_VARIABLE


async def test_a_role_that_could_step_round_row_level_security_is_refused_at_start(
    api: Database, worker: Database
) -> None:
    """S3: superuser, owner or BYPASSRLS never serves."""
    await api.open()
    await worker.open()
    superuser = Database(os.environ[SERVER_VARIABLE], application="test")
    with pytest.raises(UnsafeRoleError):
        await superuser.open()
    await superuser.close()


async def test_the_subscriber_context_ends_with_its_transaction(api: Database) -> None:
    """S5: a context that outlived its transaction would show one subscriber's rows to the next."""
    one, other = uuid4(), uuid4()
    keys = DataKeys(b"k" * 32)
    for subscriber in (one, other):
        async with api.transaction(subscriber) as connection:
            await keys.cipher(connection, subscriber)
            assert await connection.scalar(text("select count(*) from data_keys")) == 1
    for _ in range(20):
        async with api.transaction() as connection:
            assert await connection.scalar(text("select count(*) from data_keys")) == 0
    async with api.raw() as raw:
        assert await raw.fetchval("select count(*) from data_keys") == 0


async def test_a_row_cannot_be_written_for_another_subscriber(api: Database) -> None:
    """S2, I4."""
    keys = DataKeys(b"k" * 32)
    with pytest.raises(Exception, match="row-level security"):
        async with api.transaction(uuid4()) as connection:
            await keys.cipher(connection, uuid4())


async def test_a_data_key_survives_a_restart_and_not_its_deletion(api: Database) -> None:
    """S83: destroying a data key shreds."""
    subscriber = uuid4()
    async with api.transaction(subscriber) as connection:
        sealed = (await DataKeys(b"k" * 32).cipher(connection, subscriber)).encrypt(b"Ann", b"p")
    async with api.transaction(subscriber) as connection:
        keys = DataKeys(b"k" * 32)
        assert (await keys.cipher(connection, subscriber)).decrypt(sealed, b"p") == b"Ann"
        await connection.execute(text("delete from data_keys"))
    keys.forget(subscriber)
    async with api.transaction(subscriber) as connection:
        with pytest.raises(UndecryptableError):
            (await keys.cipher(connection, subscriber)).decrypt(sealed, b"p")


async def test_one_holder_at_a_time_by_the_databases_clock(worker: Database) -> None:
    """A lease that is alive is nobody else's; a given-back one is free at once."""
    one, other = uuid4(), uuid4()

    async def take(holder: UUID, seconds: float = 5) -> bool:
        return await take_lease(worker, name="follower", holder=holder, seconds=seconds)

    async def drop(holder: UUID) -> None:
        async with worker.transaction() as connection:
            await drop_lease(connection, name="follower", holder=holder)

    assert await take(one)
    assert await take(one)
    assert not await take(other)
    await drop(other)
    assert not await take(other)
    await drop(one)
    assert await take(other, seconds=0)
    assert await take(one)


async def test_the_epoch_stays_until_the_database_is_another(api: Database, urls: tuple[str, str]) -> None:
    """Architecture 2, F24: a restore or clone gets a new epoch and waits on HOLD for a person."""
    async with api.transaction() as connection:
        first = await read_epoch(connection)
        assert await renew_epoch(connection) == first
        assert not await is_on_hold(connection)
        await connection.execute(text("update service_state set identity = 'restored from elsewhere'"))
        assert await renew_epoch(connection) != first
        assert await is_on_hold(connection)
        await set_hold(connection, hold=False)
        assert not await is_on_hold(connection)


async def test_two_processes_that_start_together_agree_on_the_epoch(api: Database) -> None:
    """F25: two copies of everything started."""

    async def start() -> object:
        async with api.transaction() as connection:
            return await renew_epoch(connection)

    assert len(set(await asyncio.gather(*(start() for _ in range(8))))) == 1


async def test_neither_role_can_change_the_schema(urls: tuple[str, str]) -> None:
    """S91."""
    for url in urls:
        connection = await asyncpg.connect(url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("create table intruder (id int)")
        await connection.close()


async def test_a_context_can_be_given_later(api: Database) -> None:
    """A route learns the subscriber after its transaction began."""
    subscriber = uuid4()
    async with api.transaction() as connection:
        await set_subscriber(connection, subscriber)
        await DataKeys(b"k" * 32).cipher(connection, subscriber)
        assert await connection.scalar(text("select count(*) from data_keys")) == 1


async def test_a_reading_has_its_subscriber_and_writes_nothing(api: Database) -> None:
    """S5: on the driver too the context ends with the transaction."""
    keys, subscriber = DataKeys(b"k" * 32), uuid4()
    async with api.transaction(subscriber) as connection:
        await keys.cipher(connection, subscriber)
    async with api.reading(subscriber) as raw:
        (row,) = await raw.fetch("select subscriber_id as owner from data_keys", record_class=Row)
        assert row.owner == subscriber
        with pytest.raises(AttributeError):
            _ = row.stranger
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await raw.execute("delete from data_keys")
    async with api.raw() as raw:
        assert await raw.fetchval("select count(*) from data_keys") == 0


async def test_connections_that_the_server_has_closed_are_replaced(api: Database) -> None:
    """F24: after a restart of the server the first transactions of a process succeed."""
    for _ in range(3):
        async with api.transaction() as one, api.transaction() as other, api.raw() as raw:
            pids = [await each.scalar(text("select pg_backend_pid()")) for each in (one, other)]
            pids.append(await raw.fetchval("select pg_backend_pid()"))
        superuser = await asyncpg.connect(os.environ[SERVER_VARIABLE])
        for pid in pids:
            assert await superuser.fetchval("select pg_terminate_backend($1, 5000)", pid)
        await superuser.close()
        async with api.transaction() as one, api.transaction() as other, api.raw() as raw:
            now = [await each.scalar(text("select pg_backend_pid()")) for each in (one, other)]
            assert not {*now, await raw.fetchval("select pg_backend_pid()")} & set(pids)


async def test_the_connection_that_came_back_last_is_lent_first(api: Database) -> None:
    """P7: a few connections do all the work of a quiet service, and hold its plans; taken in turn, each would."""
    async with api.transaction() as one, api.transaction() as other:
        pids = {await each.scalar(text("select pg_backend_pid()")) for each in (one, other)}
    used = set()
    for _ in range(4):
        async with api.transaction() as connection:
            used.add(await connection.scalar(text("select pg_backend_pid()")))
    assert len(used) == 1
    assert used < pids


async def test_a_connection_that_nobody_borrows_is_closed_and_replaced(
    api: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P7: what a burst has opened does not stay. One that is lent again in time is not closed under its borrower."""
    monkeypatch.setattr("shared.kit.db._REST_SECONDS", 0.2)
    async with api.transaction() as connection:
        pid = await connection.scalar(text("select pg_backend_pid()"))
    async with api.transaction() as connection:
        assert await connection.scalar(text("select pg_backend_pid()")) == pid
        await asyncio.sleep(0.4)
        assert await connection.scalar(text("select pg_backend_pid()")) == pid
    superuser = await asyncpg.connect(os.environ[SERVER_VARIABLE])
    async with asyncio.timeout(10):
        while await superuser.fetchval("select count(*) from pg_stat_activity where pid = $1", pid):  # noqa: ASYNC110 - the server ends it
            await asyncio.sleep(0.02)
    await superuser.close()
    async with api.transaction() as connection:
        assert await connection.scalar(text("select pg_backend_pid()")) != pid
