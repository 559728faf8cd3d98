"""The agent on a practice's computer: it survives power cuts and broken uploads, backs off, keeps its secrets, and says plainly what happened."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.ingest.connectors.fhir import CONNECTOR, FhirSettings
from services.ingest.sync.carrier import CarryFailedError
from services.ingest.sync.command import OVER, carry_on
from services.ingest.sync.config import Target
from services.ingest.sync.spool import Spool
from services.ingest.sync.state import open_state
from services.ingest.sync.web import PoliteWeb
from shared.kit.server import serve
from shared.schemas.ingest import ConsumerRecord
from tests.fixtures.vendor import Asked, Reply, open_vendor
from tests.ingest.connectors.runs import SEEN, Runner, carrier_of
from tests.ingest.practice import Practice, at

ROOT = Path(__file__).parent.parent.parent.parent
STEPS = ["after_spool", "after_pending", "after_answer", "after_settle"]


def _export(folder: Path, people: int) -> Path:
    folder.mkdir(exist_ok=True)
    rows = (
        {"resourceType": "Patient", "id": f"p{n}", "telecom": [{"system": "email", "value": f"p{n}@example.com"}]}
        for n in range(people)
    )
    (folder / "Patient.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "manifest.json").write_text('{"transactionTime": "2026-03-01T12:00:00Z"}')
    return folder


@asynccontextmanager
async def _served(practice: Practice) -> AsyncIterator[int]:
    """Serve the practice's ingest on a socket."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = int(door.getsockname()[1])
    stop = asyncio.Event()
    task = asyncio.create_task(serve(practice.ingest.app, host="127.0.0.1", port=port, stop=stop))
    while True:
        with suppress(OSError):
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            break
        await asyncio.sleep(0.02)
    yield port
    stop.set()
    await task


def _token_reply(practice: Practice) -> Reply:
    return Reply({"access_token": practice.headers["Authorization"].removeprefix("Bearer "), "expires_in": 900})


def _target(practice: Practice, port: int, token_url: str) -> Target:
    place = {"url": f"http://127.0.0.1:{port}", "token_url": token_url, "connection_id": str(practice.connection_id)}
    return Target.model_validate(place | {"client_id": "agent", "client_secret": "hush"})


def _config(folder: Path, practice: Practice, url: str, token_url: str, source: str) -> Path:
    file = folder / "practice.toml"
    lines = [
        f'url = "{url}"',
        f'token_url = "{token_url}"',
        f'connection_id = "{practice.connection_id}"',
        'client_id = "agent"',
    ]
    file.write_text("[ingest]\n" + "\n".join(lines) + f'\n[source]\nfolder = "{source}"\n')
    return file


async def test_a_power_cut_at_any_step_loses_nothing_and_does_nothing_twice(practice: Practice, tmp_path: Path) -> None:
    """S-125, I2: killed at one named step after the other, the agent brings every record exactly once; the secret is in no output."""
    _export(tmp_path / "export", 30)
    async with open_vendor(lambda _: _token_reply(practice)) as portal, _served(practice) as port:
        file = _config(tmp_path, practice, f"http://127.0.0.1:{port}", portal.url, "export")
        outputs = []
        for step in STEPS:
            code, output = await _run_agent(file, DUEBACK_CRASH=f"ingest.sync_{step}")
            outputs.append(output)
            assert code == -signal.SIGKILL, (step, output)
        code, output = await _run_agent(file)
    assert code == 0, output
    assert "hush-hush" not in "".join([*outputs, output])
    assert len(await practice.facts("consumer")) == 30
    assert [row["received"] for row in await practice.rows("select received from batches order by started_at")] == [30]
    state = json.loads((tmp_path / "practice.state" / "state.json").read_text())
    assert state["pending"] is None
    assert not list((tmp_path / "practice.state").glob("*.ndjson"))
    assert (tmp_path / "practice.state" / "state.json").stat().st_mode & 0o077 == 0


async def _run_agent(file: Path, **more: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", "sync", "fhir", "--config", str(file)),
        cwd=ROOT,
        env=os.environ | {"DUEBACK_CLIENT_SECRET": "hush-hush-secret", **more},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_an_upload_that_broke_off_goes_on_where_it_stood(practice: Practice, tmp_path: Path) -> None:
    """I2: a line that breaks after some chunks costs the rest and not the whole; every record counts once."""
    spool = Spool(tmp_path / "batch.ndjson")
    for number in range(12_000):
        spool.add(
            ConsumerRecord(
                foreign_id=f"P{number}", source_updated_at=SEEN, last_name=uuid4().hex, email=f"p{number}@example.com"
            )
        )
    spool.finish()
    sent: list[int] = []
    async with _served(practice) as port, _breaking(port, after=250_000, sent=sent) as broken:
        carrier = carrier_of(practice, [])
        carrier.http, carrier.url, carrier.wait = _client(), f"http://127.0.0.1:{broken}", lambda _: asyncio.sleep(0.2)
        async with carrier.http:
            batch_id = str(uuid4())
            report = await carrier.send(spool.path, batch_id, {"sequence": "1"})
    assert (report.received, report.applied) == (12_000, 12_000)
    whole, rest = sent[0], sent[-1]
    assert rest < whole


def _client() -> Any:
    from shared.kit.http import AsyncClient

    return AsyncClient(timeout=30, trust_env=False)


@asynccontextmanager
async def _breaking(port: int, *, after: int, sent: list[int]) -> AsyncIterator[int]:
    """A line to a port that passes `after` octets of the first upload and then goes dead; notes the length of each upload that was announced."""
    left, whole = after, True

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left, whole
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        back = asyncio.create_task(_copy(up_reader, writer))
        with suppress(ConnectionError):
            while block := await reader.read(16_384):
                if b"POST /v1/batches" in block:
                    sent.append(int(block.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
                left -= len(block) if sent else 0
                if left <= 0 and whole:
                    whole = False
                    break
                up_writer.write(block)
                await up_writer.drain()
        for side in (up_writer, writer):
            side.close()
        back.cancel()

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as server:
        yield int(server.sockets[0].getsockname()[1])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while block := await reader.read(65_536):
            writer.write(block)
            await writer.drain()


def _report(batch_id: str, connection_id: str) -> dict[str, Any]:
    counts = dict.fromkeys(("received", "applied", "unchanged", "superseded", "parked", "rejected", "optouts"), 0)
    return {"batch_id": batch_id, "connection_id": connection_id, "state": "applied", "started_at": at(), "finished_at": at()} | counts | {
        "dropped_fields": {}, "flagged_addresses": {}, "rejections": []
    }  # fmt: skip


async def test_a_busy_ingest_is_given_the_time_it_asks_for_and_a_refusing_one_is_left(
    practice: Practice, tmp_path: Path
) -> None:
    """F-matrix: 429 with Retry-After, 503, an expired token and nonsense are tried again; 403 is final and says why."""
    batch_id = str(uuid4())
    waits: list[float] = []
    (tmp_path / "b.ndjson").write_bytes(b"")

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return _token_reply(practice)
        return Reply(
            _report(batch_id, str(practice.connection_id)) if asked.method == "POST" else {},
            200 if asked.method == "POST" else 404,
        )

    async with open_vendor(answer) as server, _client() as http:
        carrier = carrier_of(practice, waits)
        carrier.http, carrier.url, carrier.token_url = http, server.url, server.url + "/token"
        not_found = Reply({}, 404)
        server.trouble.extend(
            [Reply({"code": "busy"}, 429, {"Retry-After": "7"}), not_found, Reply(b"", 503, {"Retry-After": "3"})]
        )
        server.trouble.extend([not_found, Reply({"code": "token_expired"}, 401)])
        assert (await carrier.send(tmp_path / "b.ndjson", batch_id, {})).state == "applied"
        assert (waits[:2], "/token" in server.paths()) == ([7.0, 3.0], True)
        server.trouble.append(Reply({"code": "agreement_required"}, 403))
        with pytest.raises(CarryFailedError, match="403 agreement_required") as refused:
            await carrier.send(tmp_path / "b.ndjson", batch_id, {})
        assert refused.value.final
        server.trouble.extend([Reply(b"<html>secret@example.com</html>", 502)] * 20)
        with pytest.raises(CarryFailedError, match="502") as given_up:
            await carrier.send(tmp_path / "b.ndjson", batch_id, {})
    assert "example.com" not in str(given_up.value)
    assert len(waits) == 3 + 8


async def test_left_running_it_brings_what_comes(practice: Practice, tmp_path: Path) -> None:
    """S-121: with --every the agent goes on by itself, over a run that failed; stopped at any time, another may take its folder."""
    export = _export(tmp_path / "export", 2)
    async with open_vendor(lambda _: _token_reply(practice)) as portal, _served(practice) as port:
        portal.trouble.append(Reply({"error": "invalid_client"}, 401))
        target = _target(practice, port, portal.url)
        async with _client() as http:
            settings, folder = FhirSettings(folder=export), tmp_path / "state"
            task = asyncio.create_task(
                carry_on(CONNECTOR, settings, target, folder, http, partial(PoliteWeb, http), 0.0005)
            )
            await _until(practice, 2)
            (export / "Patient.2.ndjson").write_text('{"resourceType": "Patient", "id": "new"}\n')
            await _until(practice, 3)
            assert not task.done()
            task.cancel()
            await asyncio.wait((task,))
    assert portal.paths().count("/") >= 2, "the refused run was tried again"
    assert len(await practice.rows("select 1 from consumers")) == 3
    open_state(tmp_path / "state", str(practice.connection_id)).close()


async def test_left_running_it_stops_when_its_connection_is_ended(
    practice: Practice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A connection that is over is told once and not knocked at for ever; no batch with people's data stays on the disk."""
    export = _export(tmp_path / "export", 2)
    await practice.edit_connection("DELETE")
    async with open_vendor(lambda _: _token_reply(practice)) as portal, _served(practice) as port:
        target = _target(practice, port, portal.url)
        async with _client() as http, asyncio.timeout(30):
            settings, folder = FhirSettings(folder=export), tmp_path / "state"
            code = await carry_on(CONNECTOR, settings, target, folder, http, partial(PoliteWeb, http), 0.0005)
    assert (code, "was ended" in capsys.readouterr().err) == (OVER, True)
    assert list(folder.glob("*.ndjson")) == []


async def _until(practice: Practice, people: int) -> None:
    for _ in range(400):
        if len(await practice.rows("select 1 from consumers")) >= people:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the agent brought nothing")


async def test_a_quiet_source_is_a_sign_of_life_and_a_broken_one_is_not(practice: Practice, tmp_path: Path) -> None:
    """S-121: a source that was read and had no news keeps its connection fresh; one that could not be read lets it grow stale."""
    empty = tmp_path / "export"
    empty.mkdir()
    await Runner(CONNECTOR, FhirSettings(folder=empty), tmp_path / "state", practice).carry()
    seen = (
        await practice.ingest.http.get(f"/v1/connections/{practice.connection_id}", headers=practice.headers)
    ).json()
    assert seen["last_success_at"] is not None
    batches = len(await practice.rows("select 1 from batches"))
    (empty / "Patient.ndjson").write_text('{"resourceType":"Pat')
    account = await Runner(CONNECTOR, FhirSettings(folder=empty), tmp_path / "state", practice).carry()
    assert account.unreadable == {"file_cut_off": 1}
    assert len(await practice.rows("select 1 from batches")) == batches
