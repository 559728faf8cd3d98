"""A dead database: opt-outs are kept on disk and answered once no lease can be alive, or honestly refused (F5, N-40)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from services.optout.store.spool import Spool
from tests.optout.conftest import LEASE_SECONDS, Clinic


@asynccontextmanager
async def _database_down(clinic: Clinic) -> AsyncIterator[None]:
    """Take the service's database away for a while."""
    name = clinic.service.database.name
    server = clinic.service.database.superuser.replace(f"/{name}", "/postgres")
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"alter database {name} allow_connections false")
        await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        yield
        await connection.execute(f"alter database {name} allow_connections true")
    finally:
        await connection.close()


def _spool_file(clinic: Clinic) -> Path:
    folder: Path = clinic.service.deps.settings.state_folder
    return folder / "optout-spool.ndjson"


async def test_without_a_database_the_opt_out_is_spooled_answered_and_replayed_before_any_lease(clinic: Clinic) -> None:
    """F5: kept on disk, 200 after a lease, no lease until it is in the ledger, refused from then on."""
    await clinic.consent()
    answer = await clinic.poll()
    assert answer.lease_seconds == LEASE_SECONDS
    async with _database_down(clinic):
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
    async with _database_down(clinic):
        await asyncio.gather(clinic.click(), clinic.click())
    await clinic.service.step("replay_spool")
    assert len((await clinic.poll()).entries) == 1


async def test_without_database_and_spool_it_says_so_and_names_the_other_way(clinic: Clinic) -> None:
    """N-40: 503 with the mailto alternative for programs and people; no fake success."""
    _spool_file(clinic).mkdir()
    async with _database_down(clinic):
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
    async with _database_down(clinic):
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


async def test_a_failed_replay_keeps_everything(clinic: Clinic) -> None:
    """F5: the file is emptied only after the commit."""
    spool: Spool = clinic.service.deps.door.spool
    await spool.keep(clinic.entry(), mailto="")
    async with _database_down(clinic):
        with pytest.raises(Exception, match="connect"):
            await clinic.service.step("replay_spool")
    assert not spool.is_empty()
    assert (_spool_file(clinic).stat().st_mode & 0o777) == 0o600
