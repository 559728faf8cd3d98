"""The embedded PostgreSQL survives kills, leaves nothing behind and lets nobody in without the password."""

import os
import signal
import stat
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from deploy.local import postgres
from deploy.local.cannot_run import CannotRunError
from deploy.local.identity import Kind
from deploy.local.postgres import EmbeddedPostgres
from tests.deploy.processes import is_alive, printed_line, run_program, wait_until

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

START_AND_WAIT = """
import sys, time
from pathlib import Path
from deploy.local.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""


async def _value(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_what_was_committed_is_there_after_the_server_was_killed_and_started_again(tmp_path: Path) -> None:
    """P7, reliability F: SIGKILL of the postmaster; a left-over postmaster.pid is no obstacle."""
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        await _value(server.url(), "create table kept as select 42 as answer")
        os.kill(server.pid, signal.SIGKILL)
        assert wait_until(lambda: not server.is_running())
        assert (tmp_path / "postgres" / "cluster" / "postmaster.pid").exists()
        server.start()
        assert await _value(server.url(), "select answer from kept") == 42


async def test_a_second_start_after_a_clean_stop_finds_the_same_data(tmp_path: Path) -> None:
    """The second start is quick and keeps everything."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server:
        await _value(server.url(), "create table kept as select 1 as answer")
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server:
        assert await _value(server.url(), "select answer from kept") == 1
    assert not server.is_running()


def test_killing_the_launcher_leaves_no_server_behind(tmp_path: Path) -> None:
    """Nothing is left running after `kill -9` of the launcher."""
    launcher = run_program(START_AND_WAIT, str(tmp_path / "postgres"))
    pid = int(printed_line(launcher))
    assert is_alive(pid)
    launcher.kill()
    launcher.communicate()
    assert wait_until(lambda: not is_alive(pid))
    assert "database system is shut down" in (tmp_path / "postgres" / "postgres.log").read_text()
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server:
        assert server.is_running()


def test_a_folder_in_use_is_refused_with_a_sentence(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad input: two servers never share a folder."""
    monkeypatch.setattr(postgres, "IN_USE_AFTER_S", 0.1)
    with pytest.raises(CannotRunError, match="in use by a running PostgreSQL"):
        EmbeddedPostgres(server.folder).start()


async def test_nobody_enters_without_the_password(server: EmbeddedPostgres) -> None:
    """Architecture 5: loopback is no permission."""
    password = server.url().partition("postgres:")[2].partition("@")[0]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url().replace(password, quote("wrong")))
    assert stat.S_IMODE((server.folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700


async def test_the_log_holds_no_statement_and_no_value(server: EmbeddedPostgres) -> None:
    """I5: logs carry ids only, also the database's own."""
    await _value(server.url(), "create table people (address text primary key)")
    await _value(server.url(), "insert into people values ('ann@example.com')")
    with pytest.raises(asyncpg.UniqueViolationError):
        await _value(server.url(), "insert into people values ('ann@example.com')")
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await _value(server.url(), "selec 'ann@example.com'")
    assert "example.com" not in server.log_file.read_text()


async def test_text_sorts_alike_on_every_machine(server: EmbeddedPostgres) -> None:
    """dependencies 1: the builtin provider, whatever the machine's locale is."""
    assert (
        await _value(server.url(), "select string_agg(w, '' order by w) from (values ('a'), ('B'), ('ä')) v(w)")
        == "Baä"
    )
    assert await _value(server.url(), "select lower('Ä')") == "ä"


@ROOT_ONLY
@pytest.mark.parametrize("kind", ["namespace", "user"])
async def test_root_runs_it_under_another_identity(tmp_path: Path, kind: Kind) -> None:
    """dependencies 1: user namespace where allowed, else `nobody`, also below a folder that nobody else may enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "postgres", durable=False, kind=kind) as server:
        assert await _value(server.url(), "select 1") == 1
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_a_cluster_of_another_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """Bad input: no start on files that this server cannot read."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=False):
        pass
    (tmp_path / "postgres" / "cluster" / "PG_VERSION").write_text("12\n")
    with pytest.raises(CannotRunError, match="was made by PostgreSQL 12"):
        EmbeddedPostgres(tmp_path / "postgres").start()
