"""The journal outside the database: a restored backup resurrects nobody, and a door opens without its database (I20, F5, F24, N-40)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.optout.domain.entries import NewEntry
from services.optout.store.ballast import Ballast
from services.optout.store.journal import START, FileJournal
from shared.kit.http import ASGITransport, AsyncClient
from tests.optout.conftest import Clinic, database_down


async def _eventually(holds: Any) -> None:
    for _ in range(200):
        if await holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("did not come about")


@asynccontextmanager
async def _server(clinic: Clinic) -> AsyncIterator[asyncpg.Connection]:
    name = clinic.service.database.name
    connection = await asyncpg.connect(clinic.service.database.superuser.replace(f"/{name}", "/postgres"))
    try:
        yield connection
    finally:
        await connection.close()


async def _entries(clinic: Clinic) -> list[tuple[str, str]]:
    connection = await asyncpg.connect(clinic.service.database.superuser)
    try:
        rows = await connection.fetch("select kind, channel from ledger order by chain_position")
    finally:
        await connection.close()
    return [tuple(row) for row in rows]


async def test_an_opt_out_survives_the_restore_of_an_older_backup(clinic: Clinic) -> None:
    """I20, F24: a copy from before the opt-out takes the place of the database; the opt-out is back before any lease, and HOLD lasts."""
    await clinic.consent()
    name = clinic.service.database.name
    async with _server(clinic) as server:
        async with database_down(clinic.service.database):
            await server.execute(f"create database {name}_backup template {name}")
        assert (await clinic.click()).status_code == 200
        assert await _entries(clinic) == [("consent", "practice_system"), ("optout", "one_click")]
        async with database_down(clinic.service.database):
            await server.execute(f"alter database {name} rename to {name}_lost")
            await server.execute(f"alter database {name}_backup rename to {name}")
            await server.execute(f"alter database {name} allow_connections true")
            await server.execute(
                f"create database {name}_spare"
            )  # takes the name's old place in database_down's last step
        await server.execute(f"drop database {name}_spare")
    first = await clinic.poll()
    assert first.lease_seconds == 0

    async def is_back() -> bool:
        return await clinic.is_up_to_date() and len((await clinic.poll()).entries) == 1

    await _eventually(is_back)
    assert await _entries(clinic) == [("consent", "practice_system"), ("optout", "one_click")]
    answer = await clinic.poll(after=1, safe=1)
    assert answer.lease_seconds == 0  # on HOLD until a person has looked


async def test_a_door_opens_without_its_database_and_takes_it_up_when_it_comes(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F5, N-40: started while its database is down it answers opt-outs from the spool; permission is 503; afterwards all is in the ledger."""
    module = clinic.service.module
    monkeypatch.setenv("OPTOUT_STATE_FOLDER", str(tmp_path / "second"))
    async with database_down(clinic.service.database):
        opening = module.open_deps(module.load_settings(), clock=clinic.clock)
        deps = await opening.__aenter__()
        try:
            app = module.create_app(deps)
            async with AsyncClient(transport=ASGITransport(app=app), base_url="http://optout.internal") as http:
                assert (await http.post(f"/u/{clinic.token()}")).status_code == 200
                assert "catching_up" in (await http.get("/health/live")).json()["signals"]
        except BaseException:
            await opening.__aexit__(None, None, None)
            raise
    try:
        [replay] = [loop for loop in module.loops(deps) if loop.name == "replay_spool"]

        async def is_kept() -> bool:
            await replay.step()
            return await _entries(clinic) == [("optout", "one_click")]

        await _eventually(is_kept)
        assert deps.door.spool.is_empty()
    finally:
        await opening.__aexit__(None, None, None)


def _entry(clinic: Clinic, evidence: str = "test:1") -> NewEntry:
    return clinic.entry(evidence=evidence)


async def test_the_journal_gives_back_what_it_kept_and_passes_over_a_torn_line(clinic: Clinic, tmp_path: Path) -> None:
    """I20: positions carry over files and restarts; what a power cut tore was never answered and is left out; no address is in it."""
    ballast = Ballast(tmp_path / "ballast", octets=0)
    journal = FileJournal(tmp_path / "journal", ballast=ballast, full_octets=400)
    kept = [_entry(clinic, f"test:{n}") for n in range(5)]
    for entry in kept:
        await journal.append([entry])
    newest = max((tmp_path / "journal").glob("*.*"), key=lambda path: (path.suffix != ".lock", path.name))
    with newest.open("ab") as file:
        file.write(b'{"torn')
    again = FileJournal(tmp_path / "journal", ballast=ballast, full_octets=400)
    await again.append([_entry(clinic, "test:after")])
    assert again.journal_id == journal.journal_id
    found: list[str] = []
    position = START
    while True:
        entries, behind = await again.read(position)
        if behind == position:
            break
        found += [entry.evidence for entry in entries]
        position = behind
    assert found == ["test:0", "test:1", "test:2", "test:3", "test:4", "test:after"]
    assert len(list((tmp_path / "journal").glob("*.*"))) > 2
    assert not any(b"@" in path.read_bytes() for path in (tmp_path / "journal").iterdir())
