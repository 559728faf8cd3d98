"""A process that dies at any step of a batch loses nothing and does nothing twice (I2, I6, I12)."""

import asyncio
import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.kit.clock import SystemClock, write_offset
from shared.kit.http import AsyncClient, HttpFailure
from shared.schemas.wire import Changes
from tests.fixtures.services import environment_for
from tests.ingest.orders import change_of, obey, order_for
from tests.ingest.practice import NDJSON, Practice, consumer, lines, visit

STEPS = ["ingest.after_staging:2", "ingest.after_chunk_commit:1", "ingest.after_optouts", "ingest.before_answer"]
PEOPLE = 5500
ROOT = Path(__file__).parent.parent.parent


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes of a test; whatever still runs is killed with it."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


@pytest.mark.parametrize("step", STEPS)
async def test_a_batch_survives_the_death_of_its_process(
    practice: Practice, step: str, tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    """I2: killed at a named step and sent again, every record is accounted for once; consents and opt-outs are on their way once."""
    extra = {}
    if step == "ingest.after_optouts":
        extra["DUEBACK_URLS"] = f'{{"optout": "http://127.0.0.1:{_stand_in(processes, tmp_path)}"}}'
    process, port = _start_doomed(practice, step, tmp_path / "killed", processes, extra)
    people = [consumer(f"P{number}", email_ok=False if number == 1 else None) for number in range(PEOPLE)]
    body, batch_id = lines(*people, visit()), uuid4()
    await _post_until_dead(port, practice, body, {"batch_id": str(batch_id)})
    assert process.wait(60) == -signal.SIGKILL
    await practice.rows("update batches set claimed_until = '2000-01-01'")
    again = await practice.post(body, batch_id=batch_id)
    assert again.status_code == 200, again.text
    report = again.json()
    assert (report["received"], report["applied"], report["unchanged"]) == (PEOPLE + 1, PEOPLE + 1, 0)
    assert len(await practice.rows("select 1 from consumers")) == PEOPLE
    assert len(await practice.rows("select 1 from changes where kind = 'visit'")) == 1
    assert len(await practice.rows("select 1 from outbox")) == 1
    await practice.ingest.step("source_optouts")
    assert await practice.rows("select 1 from source_optouts where confirmed_at is null") == []
    assert await practice.rows("select 1 from consumers where optout_pending") == []


LOAD_STEPS = ["ingest.after_chunk_commit:2", "ingest.after_staging:2", "ingest.after_chunk_commit:1"]


async def test_a_large_load_killed_again_and_again_accounts_for_every_record(
    practice: Practice, tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    """I2: unaccounted 0 after kills; whole sent again or only the rest; DUEBACK_LOAD_RECORDS=1000000 before a release."""
    count = int(os.environ.get("DUEBACK_LOAD_RECORDS", "22000"))
    body, batch_id = b"".join(lines(consumer(f"P{number}")) for number in range(count)), uuid4()
    asked: dict[str, Any] = {"batch_id": str(batch_id), "historic": "true"}
    start = 0
    for number, step in enumerate(LOAD_STEPS):
        process, port = _start_doomed(practice, step, tmp_path / str(number), processes, {})
        await _post_until_dead(port, practice, body[start:], asked | ({"from_octet": start} if start else {}))
        assert process.wait(60) == -signal.SIGKILL
        await practice.rows("update batches set claimed_until = '2000-01-01'")
        (stands,) = await practice.rows("select octets from batches where batch_id = $1", batch_id)
        start = 0 if number == 1 else stands["octets"]
    report = (await practice.post(body[start:], batch_id=batch_id, historic="true", from_octet=start)).json()
    assert (report["received"], report["applied"], report["unchanged"], report["octets"]) == (
        count,
        count,
        0,
        len(body),
    )
    results = await practice.ingest.http.get(f"/v1/batches/{batch_id}/results", headers=practice.headers)
    assert results.text.count(",applied,") == count
    assert (await practice.rows("select count(*) as n from consumers where historic"))[0]["n"] == count
    assert (await practice.rows("select count(*) as n from changes where kind = 'consumer'"))[0]["n"] == count


async def test_a_snapshot_killed_while_it_deletes_deletes_the_same(
    practice: Practice, tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    """I2, N-76: sent again it goes on, and nothing that it names is gone."""
    await practice.upload(*(consumer(f"P{number}") for number in range(20)))
    body, batch_id = lines(*(consumer(f"P{number}") for number in range(18))), uuid4()
    asked: dict[str, Any] = {"batch_id": str(batch_id), "mode": "snapshot", "entity": "consumer", "complete": "true"}
    asked |= {"count": "18", "sha256": hashlib.sha256(body).hexdigest()}
    process, port = _start_doomed(practice, "ingest.after_absent", tmp_path / "killed", processes, {})
    await _post_until_dead(port, practice, body, asked)
    assert process.wait(60) == -signal.SIGKILL
    await practice.rows("update batches set claimed_until = '2000-01-01'")
    report = (await practice.post(body, **asked)).json()
    assert (report["state"], report["received"]) == ("applied", 18)
    gone = await practice.rows("select 1 from consumers where deleted")
    assert (len(gone), [row["deleted"] for row in await practice.facts("consumer")].count(True)) == (2, 2)


async def test_an_erasure_survives_the_death_of_its_process(
    practice: Practice, tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    """I12, I19: killed before the commit nothing of it has happened; the feed is read again, and it is done and acknowledged once."""
    await practice.upload(consumer("P1", email="ann@example.com"), visit())
    order = order_for(practice)
    page = Changes(epoch=uuid4(), changes=[change_of(order)], cursor="7.1").model_dump_json()
    urls = {"DUEBACK_URLS": f'{{"optout": "http://127.0.0.1:{_stand_in(processes, tmp_path, page)}"}}'}
    step = "ingest.before_erasure_commit"
    process, _ = _start_doomed(practice, step, tmp_path / "killed", processes, urls, part="work")
    assert await asyncio.to_thread(process.wait, 90) == -signal.SIGKILL
    assert await practice.rows("select 1 from erasures") == []
    assert len(await practice.rows("select 1 from consumers where personal is not null")) == 1
    await obey(practice, order)
    assert await practice.rows("select 1 from consumers where personal is not null") == []
    assert len(await practice.rows("select 1 from outbox where path like '%erasures%'")) == 1


async def _post_until_dead(port: int, practice: Practice, body: bytes, asked: dict[str, Any]) -> None:
    """Send the batch over a real socket; the answer never comes."""
    headers = practice.headers | {"content-type": NDJSON}
    query = {"connection_id": str(practice.connection_id), **asked}
    async with AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False) as http:
        for _ in range(2000):  # a process that starts on a busy machine
            try:
                if (await http.get("/health/live")).status_code == 200:
                    break
            except HttpFailure:
                await asyncio.sleep(0.05)
        else:
            raise AssertionError("the process has not started")
        with pytest.raises(HttpFailure):
            await http.post("/v1/batches", params=query, content=body, headers=headers)


_SERVER = """
import http.server, json, sys
class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = sys.argv[1].encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"recorded": 1, "repeated": 0}).encode()
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Door)
print(server.server_port, flush=True)
server.serve_forever()
"""


def _start_doomed(
    practice: Practice,
    step: str,
    state: Path,
    processes: list[subprocess.Popen[bytes]],
    extra: dict[str, str],
    *,
    part: str = "serve",
) -> tuple["subprocess.Popen[bytes]", int]:
    """Start a part of ingest as a process that kills itself at a step; return it and its port."""
    port = _free_port()
    state.mkdir()
    extra = {"INGEST_PORT": str(port), "DUEBACK_CRASH": step, **extra}
    environment = {**os.environ, **environment_for("ingest", practice.ingest.database, state, extra)}
    write_offset(state / "clock", (practice.clock.now() - SystemClock().now()).total_seconds())
    environment["DUEBACK_CLOCK_FILE"] = str(state / "clock")
    command = [sys.executable, "-m", "shared.kit.run", "ingest", part]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    processes.append(process)
    return process, port


def _stand_in(processes: list[subprocess.Popen[bytes]], folder: Path, feed: str = "{}") -> int:
    """Start a door that takes every opt-out and shows one page of a feed, and return its port."""
    process = subprocess.Popen([sys.executable, "-c", _SERVER, feed], stdout=subprocess.PIPE, cwd=folder)
    processes.append(process)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    process.stdout.close()
    return port
