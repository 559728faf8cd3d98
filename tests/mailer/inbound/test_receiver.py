"""The receiver's door: what it takes from whom, and what hostile clients cannot make it do (S49)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.mailer.domain.reports import Handled, Report
from services.mailer.smtp.inbound import Receiver, open_receiver
from services.mailer.smtp.inbound_session import MOST_CONNECTIONS, MOST_OCTETS
from services.mailer.smtp.verp import ReturnAddresses

RETURNS = ReturnAddresses({"1": b"k" * 32})
DOMAIN = "bounces.example.com"
BOUNCE = (
    b"From: MAILER-DAEMON@a.example\r\nSubject: failure notice\r\n\r\n<ann@a.example>:\r\n550 5.1.1 user unknown\r\n"
)


@dataclass
class Inbox:
    """Keeps what it is given; fails where `fails` says so."""

    taken: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    fails: bool = False

    async def __call__(
        self, report: Report, *, report_id: UUID, message_id: UUID, purpose: str, sender: str, raw: bytes
    ) -> Handled:
        """Take a report."""
        if self.fails:
            raise OSError
        self.taken.append((report_id, message_id, report.kind.value))
        return Handled.TAKEN


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    try:
        yield reader, writer
    finally:
        writer.close()


async def talk(port: int, *commands: bytes) -> list[str]:
    """Send commands one after the other and return the first line of each reply, the greeting first."""
    async with connect(port) as (reader, writer):
        replies = [(await reader.readline()).decode()]
        for command in commands:
            writer.write(command + b"\r\n")
            line = await reader.readline()
            while line[3:4] == b"-":
                line = await reader.readline()
            replies.append(line.decode())
        return replies


async def post(port: int, recipient: str, mail: bytes) -> str:
    """Post a mail and return the last reply."""
    replies = await talk(
        port, b"EHLO a.example", b"MAIL FROM:<>", f"RCPT TO:<{recipient}>".encode(), b"DATA", mail + b"\r\n."
    )
    return replies[-1]


@pytest.fixture
async def door() -> AsyncIterator[tuple[int, Receiver, Any]]:
    """Return port, receiver and inbox."""
    inbox = Inbox()
    receiver = Receiver(DOMAIN, RETURNS, inbox)
    async with open_receiver(receiver, host="127.0.0.1", port=0) as port:
        yield port, receiver, inbox


async def test_the_door_greets_with_our_own_name(door: tuple[int, Receiver, Inbox]) -> None:
    """RFC 5321 4.3.1, L-055: whoever brings mail sees the domain that its MX stands for, not a sample."""
    assert (await talk(door[0]))[0].startswith(f"220 {DOMAIN} ")


async def test_nothing_is_relayed(door: tuple[int, Receiver, Inbox]) -> None:
    """S49: other domains, other local parts, routes and quoted tricks are refused before DATA."""
    port, receiver, inbox = door
    locals_ = ("ann", "ann%a.example", '"b+x@a.example"', "postmaster%x", "b", "unsub+")
    addresses = [f"{local}@{DOMAIN}" for local in locals_]
    for address in ("ann@a.example", *addresses, f"b+x@sub.{DOMAIN}", "b+x", f"@{DOMAIN}:ann@a.example"):
        replies = await talk(port, b"EHLO a", b"MAIL FROM:<x@a.example>", f"RCPT TO:<{address}>".encode(), b"DATA")
        assert replies[-2][0] == "5", address
        assert replies[-1].startswith("503")
    assert inbox.taken == []
    assert receiver.counts["refused"] > 0


async def test_a_proven_bounce_reaches_the_inbox_and_a_forged_one_does_not(door: tuple[int, Receiver, Inbox]) -> None:
    """L-080, N-97: both are answered alike."""
    port, receiver, inbox = door
    message_id = uuid4()
    assert (await post(port, f"{RETURNS.mint('b', message_id)}@{DOMAIN}", BOUNCE)).startswith("250")
    assert (await post(port, f"b+{message_id.hex}.1-{'0' * 20}@{DOMAIN}", BOUNCE)).startswith("250")
    assert [(taken[1], taken[2]) for taken in inbox.taken] == [(message_id, "bounce")]
    assert receiver.counts == {"bounce": 1, "forged": 1}


async def test_a_mail_is_known_by_its_octets(door: tuple[int, Receiver, Inbox]) -> None:
    """I21: the same mail has the same id; to another recipient it is another."""
    port, _, inbox = door
    first, second = (f"{RETURNS.mint('b', uuid4())}@{DOMAIN}" for _ in range(2))
    for address in (first, first, second):
        await post(port, address, BOUNCE)
    ids = [taken[0] for taken in inbox.taken]
    assert ids[0] == ids[1] != ids[2]


async def test_a_failing_inbox_lets_the_sender_try_again(door: tuple[int, Receiver, Inbox]) -> None:
    """F5: 451 and nothing lost."""
    port, _, inbox = door
    inbox.fails = True
    assert (await post(port, f"{RETURNS.mint('b', uuid4())}@{DOMAIN}", BOUNCE)).startswith("451")


@pytest.mark.parametrize("end", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n"])
async def test_only_crlf_dot_crlf_ends_a_mail(door: tuple[int, Receiver, Inbox], end: bytes) -> None:
    """S49, CVE-2024-27305: what follows another line end is text, never a second mail."""
    port, _, inbox = door
    address = f"{RETURNS.mint('b', uuid4())}@{DOMAIN}"
    smuggled = BOUNCE + end + b"MAIL FROM:<>\r\nRCPT TO:<" + address.encode() + b">\r\nDATA\r\n" + BOUNCE
    assert (await post(port, address, smuggled)).startswith("250")
    assert len(inbox.taken) == 1


@pytest.mark.parametrize("line", [b"x" * 70 + b"\r\n", b"x"])
async def test_fifty_megabytes_are_refused_and_not_kept(door: tuple[int, Receiver, Inbox], line: bytes) -> None:
    """S49: in lines and as one endless line; the next mail of the session is taken."""
    port, _, inbox = door
    address = f"{RETURNS.mint('b', uuid4())}@{DOMAIN}".encode()
    chunk = line * (1_000_000 // len(line))
    async with connect(port) as (reader, writer):
        for command in (b"EHLO a", b"MAIL FROM:<>", b"RCPT TO:<" + address + b">", b"DATA"):
            writer.write(command + b"\r\n")
        while not (await reader.readline()).startswith(b"354"):
            pass
        for _ in range(50):
            writer.write(chunk)
            await writer.drain()
        writer.write(b"\r\n.\r\n")
        assert (await reader.readline())[:3] in (b"552", b"500")
        for command in (b"MAIL FROM:<>", b"RCPT TO:<" + address + b">", b"DATA", BOUNCE + b"."):
            writer.write(command + b"\r\n")
            reply = await reader.readline()
        assert reply.startswith(b"250")
    assert len(inbox.taken) == 1


async def test_who_does_not_wait_for_the_reply_to_data_is_sent_away(door: tuple[int, Receiver, Inbox]) -> None:
    """RFC 5321 4.3.1: what is slipped in before it is neither a mail nor a command."""
    port, receiver, inbox = door
    address = f"{RETURNS.mint('b', uuid4())}@{DOMAIN}".encode()
    early = b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<" + address + b">\r\nDATA\r\n" + BOUNCE + b".\r\n"
    async with connect(port) as (reader, writer):
        writer.write(early)
        said = (await reader.read()).decode().splitlines()
    assert said[-1].startswith("554")
    assert (inbox.taken, receiver.counts.total()) == ([], 0)


async def test_a_mail_may_be_empty_or_a_dot_and_what_follows_its_end_is_a_command(
    door: tuple[int, Receiver, Inbox],
) -> None:
    """RFC 5321 4.5.2: dots are unstuffed; the end is found across packets, and behind it the session goes on."""
    port, _, inbox = door
    address = f"{RETURNS.mint('b', uuid4())}@{DOMAIN}".encode()
    begin = (b"MAIL FROM:<>", b"RCPT TO:<" + address + b">", b"DATA")
    async with connect(port) as (reader, writer):
        writer.write(b"EHLO a\r\n")
        for mail in (b".\r\n", b"..\r\n.\r\n", b"\r\n\r\n.\r\n", BOUNCE + b".\r\nNOOP\r\n"):
            for command in begin:
                writer.write(command + b"\r\n")
            while not (await reader.readline()).startswith(b"354"):
                pass
            for octet in range(len(mail)):
                writer.write(mail[octet : octet + 1])
                await writer.drain()
                await asyncio.sleep(0)
            assert (await reader.readline()).startswith(b"250")
        assert (await reader.readline()).startswith(b"250")
    assert len({report_id for report_id, _, _ in inbox.taken}) == 4


async def test_a_size_announced_too_big_is_refused_at_once(door: tuple[int, Receiver, Inbox]) -> None:
    """RFC 1870."""
    port, _, _ = door
    replies = await talk(port, b"EHLO a", b"MAIL FROM:<> SIZE=%d" % (MOST_OCTETS + 1))
    assert replies[-1].startswith("552")


async def test_more_connections_than_the_limit_are_turned_away(door: tuple[int, Receiver, Inbox]) -> None:
    """S49; and when some go, others come in."""
    port, _, _ = door
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_CONNECTIONS)]
    for reader, _ in opened:
        assert (await reader.readline()).startswith(b"220")
    assert (await talk(port))[0].startswith("421")
    for _, writer in opened:
        writer.close()
    for reader, _ in opened:
        await reader.read()
    async with asyncio.timeout(10):
        while (await talk(port))[0].startswith("421"):
            pass


async def test_a_thousand_nested_parts_are_taken_and_harmless(door: tuple[int, Receiver, Inbox]) -> None:
    """S49."""
    port, _, inbox = door
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1_000))
    address = f"{RETURNS.mint('b', uuid4())}@{DOMAIN}"
    headers = b"".join(b"X-%d: y\r\n" % number for number in range(100_000))
    assert (await post(port, address, nested + BOUNCE)).startswith("250")
    assert (await post(port, address, headers + b"\r\n" + BOUNCE)).startswith("250")
    assert len(inbox.taken) == 2
