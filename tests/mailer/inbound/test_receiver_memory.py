"""The receiver's memory is bounded, measured from outside as the peak of its process, whatever is sent in whatever form (S49, S60)."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from services.mailer.smtp.inbound_session import MOST_LARGE_OCTETS, SMALL_OCTETS
from tests.mailer.inbound.receiver_process import DOMAIN, RETURNS
from tests.mailer.inbound.test_receiver import BOUNCE, connect

MEBI = 2**20
MOST_GROWTH = 64 * MEBI


@dataclass
class Door:
    """A receiver in a process of its own."""

    port: int
    pid: int

    def measure_peak(self) -> int:
        """Return the most memory that the process has had since it was last forgotten, in octets."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def forget_peak(self) -> None:
        """Begin the measuring anew from what it has now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Return a receiver that has taken a mail, so that everything it needs is loaded."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.mailer.inbound.receiver_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    opened = Door(int(await process.stdout.readline()), process.pid)
    assert (await send(opened, BOUNCE)).startswith("250")
    opened.forget_peak()
    yield opened
    process.stdin.close()
    await process.wait()


async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Come as far as the mail itself; its size is not announced."""
    address = f"{RETURNS.mint('b', uuid4())}@{DOMAIN}"
    for command in ("EHLO a.example", "MAIL FROM:<>", f"RCPT TO:<{address}>", "DATA"):
        writer.write(f"{command}\r\n".encode())
    while not (await reader.readline()).startswith(b"354"):
        pass


async def send(door: Door, *chunks: bytes) -> str:
    """Send a mail in chunks and return the reply."""
    async with connect(door.port) as (reader, writer):
        await begin(reader, writer)
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        writer.write(b"\r\n.\r\n")
        return (await reader.readline()).decode()


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1_000))
FORMS: dict[str, tuple[list[bytes], str]] = {
    "fifty megabytes in lines": ([(b"x" * 70 + b"\r\n") * (MEBI // 72)] * 50, "552"),
    "fifty megabytes in one line": ([b"x" * MEBI] * 50, "552"),
    "fifty megabytes of empty lines": ([b"\r\n" * (MEBI // 2)] * 50, "552"),
    "fifty megabytes that nearly end": ([b"x.\r\n" * (MEBI // 4)] * 50, "552"),
    "as much as is taken, in empty lines": ([b"\r\n" * (MEBI // 2)] * 9, "250"),
    "as much as is taken, all dots": ([b"..\r\n" * (MEBI // 4)] * 9, "250"),
    "a thousand nested parts": ([NESTED, *[b"x" * 70 + b"\r\n"] * 1_000], "250"),
    "a thousand nested parts around much": ([NESTED, *[(b"x" * 70 + b"\r\n") * (MEBI // 72)] * 8], "250"),
}


@pytest.mark.parametrize("form", sorted(FORMS))
async def test_one_mail_takes_no_more_than_its_share(door: Door, form: str) -> None:
    """S49, S60: refused when it is over, taken when it is not; and the next one is taken."""
    chunks, reply = FORMS[form]
    before = door.measure_peak()
    assert (await send(door, *chunks)).startswith(reply)
    assert door.measure_peak() - before < MOST_GROWTH
    assert (await send(door, BOUNCE)).startswith("250")


async def test_many_large_mails_at_once_share_what_there_is_and_small_ones_pass(door: Door) -> None:
    """S49: those that find no room are told to come again (RFC 5321 4.5.3.1.10, 452); what was held is given back."""
    before, chunk = door.measure_peak(), (b"x" * 70 + b"\r\n") * (MEBI // 72)
    held = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(20)]
    for reader, writer in held:
        await begin(reader, writer)
        for _ in range(8):
            writer.write(chunk)
            await writer.drain()
    assert (await send(door, BOUNCE, b"x" * 1000)).startswith("250")
    replies = []
    for reader, writer in held:
        writer.write(b"\r\n.\r\n")
        replies.append((await reader.readline())[:3])
        writer.close()
    assert replies.count(b"250") == MOST_LARGE_OCTETS // (8 * len(chunk) - SMALL_OCTETS)
    assert set(replies) == {b"250", b"452"}
    assert door.measure_peak() - before < 2 * MOST_GROWTH
    assert (await send(door, *[(b"x" * 70 + b"\r\n") * (MEBI // 72)] * 9)).startswith("250")


async def test_a_client_that_goes_in_the_middle_gives_back_what_it_held(door: Door) -> None:
    """S49: else a few that hang up would shut out all large mail."""
    for _ in range(6):
        async with connect(door.port) as (reader, writer):
            await begin(reader, writer)
            for _ in range(9):
                writer.write((b"x" * 70 + b"\r\n") * (MEBI // 72))
                await writer.drain()
    assert (await send(door, *[(b"x" * 70 + b"\r\n") * (MEBI // 72)] * 9)).startswith("250")
