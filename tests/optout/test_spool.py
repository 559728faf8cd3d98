"""A dead database: opt-outs are kept on disk and answered once no lease can be alive, or honestly refused (F5, N-40)."""

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from services.optout.store.spool import OptoutNotKeptError, Spool
from tests.optout.conftest import LEASE_SECONDS, Clinic, database_down


def _spool_file(clinic: Clinic) -> Path:
    folder: Path = clinic.service.deps.settings.state_folder
    return folder / "optout-spool.ndjson"


async def test_without_a_database_the_opt_out_is_spooled_answered_and_replayed_before_any_lease(clinic: Clinic) -> None:
    """F5: kept on disk, 200 after a lease, no lease until it is in the ledger, refused from then on."""
    await clinic.consent()
    answer = await clinic.poll()
    assert answer.lease_seconds == LEASE_SECONDS
    async with database_down(clinic.service.database):
        assert (await clinic.click()).status_code == 200
        assert not clinic.service.deps.door.spool.is_empty()
    assert (await clinic.poll()).lease_seconds == 0
    assert await clinic.service.step("replay_spool")
    assert _spool_file(clinic).read_bytes() == b""
    assert (await clinic.may_send()).answer == "refused"
    after = await clinic.poll()
    assert ([entry.position for entry in after.entries], after.lease_seconds) == ([1], LEASE_SECONDS)
    assert not await clinic.service.step("replay_spool")


async def test_a_spooled_entry_that_had_reached_the_ledger_is_a_repeat(clinic: Clinic) -> None:
    """F5: a commit whose answer was lost is not doubled."""
    await clinic.click()
    async with database_down(clinic.service.database):
        await asyncio.gather(clinic.click(), clinic.click())
    await clinic.service.step("replay_spool")
    assert len((await clinic.poll()).entries) == 1


async def test_without_database_and_spool_it_says_so_and_names_the_other_way(clinic: Clinic) -> None:
    """N-40: 503 with the mailto alternative for programs and people; no fake success."""
    _spool_file(clinic).mkdir()
    async with database_down(clinic.service.database):
        program = await clinic.click()
        person = await clinic.service.http.post(f"/u/{clinic.token()}/choice", data={"choice": "platform"})
    assert (program.status_code, program.json()["code"], program.json()["mailto"]) == (
        503,
        "optout_not_kept",
        "privacy@example.com",
    )
    assert person.status_code == 503
    assert "privacy@example.com" in person.text
    assert "could not store" in person.text


async def test_the_page_opens_without_a_database(clinic: Clinic) -> None:
    """S-039: names may be missing, the button is there."""
    async with database_down(clinic.service.database):
        page = await clinic.service.http.get(f"/u/{clinic.token()}")
    assert page.status_code == 200
    assert "<button" in page.text


async def test_a_torn_last_line_is_left_out_and_the_rest_is_replayed(clinic: Clinic) -> None:
    """F5: what was answered is whole; a process that died in the middle of a line never answered."""
    spool: Spool = clinic.service.deps.door.spool
    await spool.keep(clinic.entry(), mailto="")
    with _spool_file(clinic).open("ab") as file:
        file.write(b'{"subscriber_id": "0192')
    assert await clinic.service.step("replay_spool")
    assert spool.is_empty()
    assert len((await clinic.poll()).entries) == 1


async def test_an_entry_kept_after_a_torn_line_is_whole(clinic: Clinic) -> None:
    """F5: the successor of a process that died in the middle of a line starts a new one."""
    spool: Spool = clinic.service.deps.door.spool
    _spool_file(clinic).write_bytes(b'{"subscriber_id": "0192')
    await spool.keep(clinic.entry(), mailto="")
    assert await clinic.service.step("replay_spool")
    assert len((await clinic.poll()).entries) == 1


async def test_a_failed_replay_keeps_everything(clinic: Clinic) -> None:
    """F5: the file is emptied only after the commit."""
    spool: Spool = clinic.service.deps.door.spool
    await spool.keep(clinic.entry(), mailto="")
    async with database_down(clinic.service.database):
        # The first use of a connection whose end was not seen yet says something else than a refused one.
        with pytest.raises(Exception, match=r"connect|another operation"):
            await clinic.service.step("replay_spool")
    assert not spool.is_empty()
    assert (_spool_file(clinic).stat().st_mode & 0o777) == 0o600


@asynccontextmanager
async def _silent_ledger(clinic: Clinic) -> AsyncIterator[asyncpg.Connection]:
    """Lock the head of the log as long as the block runs: whoever appends gets no answer."""
    connection = await asyncpg.connect(clinic.service.database.superuser)
    try:
        async with connection.transaction():
            await connection.execute("select 1 from suppression_head for update")
            yield connection
    finally:
        await connection.close()


async def test_an_opt_out_is_kept_while_a_replay_waits_for_a_silent_database(clinic: Clinic) -> None:
    """F5: the replay does not hold the file's lock across its database call, and does not drop what was kept meanwhile."""
    spool: Spool = clinic.service.deps.door.spool
    await spool.keep(clinic.entry(), mailto="")
    async with _silent_ledger(clinic) as connection:
        replay = asyncio.create_task(clinic.service.step("replay_spool"))
        waits = "select exists (select 1 from pg_stat_activity where datname = $1 and wait_event_type = 'Lock')"
        async with asyncio.timeout(5):
            while not await connection.fetchval(waits, clinic.service.database.name):  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0.01)
        await asyncio.wait_for(spool.keep(clinic.entry(), mailto=""), 1)
    assert await replay
    assert not spool.is_empty()
    assert await clinic.service.step("replay_spool")
    assert spool.is_empty()
    assert len((await clinic.poll()).entries) == 2


async def test_a_replay_into_a_silent_database_gives_up_and_keeps_everything(clinic: Clinic) -> None:
    """F5: the limits of group commit hold for the replay as well."""
    spool: Spool = clinic.service.deps.door.spool
    await spool.keep(clinic.entry(), mailto="")
    async with _silent_ledger(clinic):
        with pytest.raises(Exception, match="lock timeout"):
            await asyncio.wait_for(clinic.service.step("replay_spool"), 10)
    assert not spool.is_empty()
    assert await clinic.service.step("replay_spool")
    assert spool.is_empty()


async def test_a_spool_that_was_emptied_and_filled_again_is_not_dropped(clinic: Clinic) -> None:
    """F5: two processes replay; the slower one must not drop an entry it never read, though the file is as long as before."""
    spool: Spool = clinic.service.deps.door.spool
    await spool.keep(clinic.entry(), mailto="")
    ours, theirs = await spool.read(), await spool.read()
    assert await spool.drop(theirs)
    await spool.keep(clinic.entry(), mailto="")
    assert not await spool.drop(ours)
    assert len((await spool.read()).entries) == 1


async def test_a_spool_that_stays_locked_is_an_honest_refusal(clinic: Clinic) -> None:
    """N-40: a frozen process sits on the file; the consumer gets a 503 with the other way instead of silence."""
    spool: Spool = clinic.service.deps.door.spool
    _spool_file(clinic).touch()
    with _spool_file(clinic).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(OptoutNotKeptError):
            await asyncio.wait_for(spool.keep(clinic.entry(), mailto="privacy@example.com"), 10)
    assert spool.is_empty()
