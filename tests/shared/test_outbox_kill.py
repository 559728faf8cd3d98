"""SIGKILL between a command's delivery and the note of it: the command is delivered again and forgotten then."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from shared.kit.db import Database
from shared.kit.outbox import put_outbox
from tests.shared.test_outbox import Command

_ROOT = Path(__file__).parent.parent.parent
_PROGRAM = """
import asyncio, sys
from shared.kit.auth import Signer
from shared.kit.db import Database
from shared.kit.http import ASGITransport, ServiceClient
from shared.kit.outbox import OutboxDelivery

async def peer(scope, receive, send):
    with open(sys.argv[2], "ab") as file:
        file.write((await receive())["body"] + b"\\n")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})

async def main():
    database = Database(sys.argv[1], application="test")
    client = ServiceClient(
        service="peer", base_url="http://peer", signer=Signer("portal", b"k" * 32), transport=ASGITransport(app=peer)
    )
    await OutboxDelivery(database, {"peer": client}).step()
    await database.close()

asyncio.run(main())
"""


async def _deliver(url: str, received: Path, **environment: str) -> int:
    """Deliver what is due in a process of its own and return how it ended."""
    process = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _PROGRAM, url, str(received)],
        env={**os.environ, "PYTHONPATH": str(_ROOT)} | environment,
        check=False,
        timeout=60,
    )
    return process.returncode


async def test_a_command_delivered_by_a_process_that_died_is_delivered_again(
    urls: tuple[str, str], api: Database, worker: Database, tmp_path: Path
) -> None:
    """I12: at least once; the claim of the dead is over after its lease, the repeat is the receiver's to recognise."""
    received = tmp_path / "received"
    async with api.transaction() as connection:
        await put_outbox(connection, destination="peer", method="PUT", path="/v1/x", body=Command(number=1))
    assert await _deliver(urls[1], received, DUEBACK_CRASH="kit.outbox_delivered") == -signal.SIGKILL
    assert await _deliver(urls[1], received) == 0
    assert received.read_text().splitlines() == ['{"number":1}']
    async with worker.transaction() as connection:
        await connection.execute(text("update outbox set next_at = clock_timestamp()"))
    assert await _deliver(urls[1], received) == 0
    assert received.read_text().splitlines() == ['{"number":1}'] * 2
    async with worker.transaction() as connection:
        assert await connection.scalar(text("select count(*) from outbox")) == 0
