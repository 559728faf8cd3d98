"""Limit of P1: a pipelined SMTP client and nothing else, one process, one body for all messages.

What a relay session costs with everything the product promises left out; a slower limit would only flatter us.

Usage: python -m tests.bench.limits.bare_smtp MESSAGES CONNECTIONS BODY_BYTES PORT    prints one JSON object
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterator

import uvloop

HEAD = b"Subject: hi\r\nFrom: a@b.example\r\nTo: d@e.example\r\n\r\n"
LINE = b"x" * 76 + b"\r\n"


class Relay(asyncio.Protocol):
    """One connection; `ask` writes and waits until the wanted number of replies has come."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self._rest = b""
        self._owed = 0
        self._answered: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport."""
        self.transport = transport  # type: ignore[assignment]  # a stream transport, uvloop's without the base class

    def data_received(self, data: bytes) -> None:
        """Counts the last line of each reply."""
        lines = (self._rest + data).split(b"\r\n")
        self._rest = lines.pop()
        for line in lines:
            if line[3:4] != b"-":
                if line[:1] not in b"23":
                    raise SystemExit(f"refused: {line!r}")
                self._owed -= 1
        if self._owed == 0 and self._answered:
            self._answered.set_result(None)
            self._answered = None

    def ask(self, data: bytes, replies: int) -> asyncio.Future[None]:
        """Writes `data`; the future ends when `replies` more replies have come."""
        self._owed += replies
        self._answered = asyncio.get_running_loop().create_future()
        if data:
            self.transport.write(data)
        return self._answered


async def deliver(numbers: Iterator[int], body: bytes, port: int) -> None:
    """Sends messages over one connection: the dot travels with the next envelope."""
    relay = Relay()
    greeted = relay.ask(b"", 1)
    await asyncio.get_running_loop().create_connection(lambda: relay, "127.0.0.1", port)
    await greeted
    await relay.ask(b"EHLO bench.example.com\r\n", 1)
    pending = b""
    for number in numbers:
        envelope = b"MAIL FROM:<b+%d@x.example>\r\nRCPT TO:<u%d@y.example>\r\nDATA\r\n" % (number, number)
        await relay.ask(pending + envelope, 4 if pending else 3)
        pending = body
    if pending:
        await relay.ask(pending, 1)
    relay.transport.close()


async def measure(messages: int, connections: int, size: int, port: int) -> dict[str, float]:
    """Messages a second and microseconds of CPU a message."""
    body = HEAD + LINE * (size // len(LINE)) + b".\r\n"
    numbers, start = iter(range(messages)), time.perf_counter()
    await asyncio.gather(*(deliver(numbers, body, port) for _ in range(connections)))
    took, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return {"rate": messages / took, "cpu_us": (used.ru_utime + used.ru_stime) / messages * 1e6}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(measure(*map(int, sys.argv[1:5])))) + "\n")
