"""A fast SMTP sink in its own process, for benches on machines without Postfix's smtp-sink.

It follows the DATA state to the octet and counts what it takes over per recipient, but checks and keeps nothing else,
because a sink that is the bottleneck measures itself.

Usage: python -m tests.bench.fast_sink [LATE_MS]    prints its port; on SIGTERM one JSON object with its counts. Every reply leaves LATE_MS
milliseconds after its command came.
"""

import asyncio
import json
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import uvloop

EHLO = b"250-sink.example.com\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
REPLIES = {
    b"EHLO": EHLO,
    b"HELO": b"250 sink.example.com\r\n",
    b"MAIL": b"250 2.1.0 ok\r\n",
    b"RCPT": b"250 2.1.5 ok\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"RSET": b"250 2.0.0 ok\r\n",
    b"NOOP": b"250 2.0.0 ok\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}
UNKNOWN = b"500 5.5.2 what\r\n"
TAKEN = b"250 2.0.0 taken\r\n"
END = b"\r\n.\r\n"


@dataclass
class Counts:
    """What all connections together took over."""

    messages: int = 0
    sessions: int = 0
    recipients: Counter[bytes] = field(default_factory=Counter)
    taken_at: dict[bytes, float] = field(default_factory=dict)

    def summary(self) -> dict[str, int]:
        """Messages, distinct recipients, sessions."""
        return {"messages": self.messages, "recipients": len(self.recipients), "sessions": self.sessions}

    def moments(self) -> dict[str, float]:
        """The monotonic moment of each recipient's last message."""
        return {recipient.decode().strip("<>"): at for recipient, at in self.taken_at.items()}


class Session(asyncio.Protocol):
    """One connection: command lines outside DATA, octets up to CRLF.CRLF inside."""

    def __init__(self, counts: Counts, late_s: float = 0.0) -> None:
        self._late_s = late_s
        self._counts, self._rest, self._in_data, self._recipient = counts, b"", False, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # uvloop's lacks the base class
        self._counts.sessions += 1
        self._answer(b"220 sink.example.com ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answers everything complete in one write."""
        data, at, replies = self._rest + data, 0, []
        while True:
            if self._in_data:
                end = data.find(END, at)
                if end < 0:
                    at = max(at, len(data) - 4)  # a terminator may be cut anywhere
                    break
                at, self._in_data = end + 5, False
                self._counts.messages += 1
                self._counts.recipients[self._recipient] += 1
                self._counts.taken_at[self._recipient] = time.monotonic()
                replies.append(TAKEN)
            else:
                end = data.find(b"\r\n", at)
                if end < 0:
                    break
                verb = data[at : at + 4].upper()
                replies.append(REPLIES.get(verb, UNKNOWN))
                if verb == b"RCPT":
                    self._recipient = data[at + 8 : end]
                at, self._in_data = end + 2, verb == b"DATA"
                if self._in_data:
                    at = end  # the line's own CRLF may begin the terminator of an empty message
        self._rest = data[at:]
        if replies:
            self._answer(b"".join(replies))

    def _answer(self, reply: bytes) -> None:
        if self._late_s:
            asyncio.get_running_loop().call_later(self._late_s, self._transport.write, reply)
        else:
            self._transport.write(reply)


async def serve(late_s: float) -> None:
    """Serves until SIGTERM."""
    loop, stop, counts = asyncio.get_running_loop(), asyncio.Event(), Counts()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: Session(counts, late_s), "127.0.0.1", 0, backlog=1000)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await stop.wait()
    sys.stdout.write(json.dumps({**counts.summary(), "taken_at": counts.moments()}) + "\n")


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0))
