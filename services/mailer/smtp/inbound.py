"""Receives mail at our bounce domain, never relays: only local parts we minted, or a few fixed ones, are taken (S49, L-080).

aiosmtpd speaks SMTP; what it does not bound is bounded here: connections at once, octets of one mail kept in memory, the life of a session.
"""

import asyncio
import hashlib
import logging
import re
from collections import Counter as Tally
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol, cast
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client import Counter

from services.mailer.domain.reports import Handled, Report, ReportKind
from services.mailer.smtp.reports import classify
from services.mailer.smtp.verp import Purpose, ReturnAddresses
from shared.kit.logs import log

MOST_OCTETS: Final = 10_000_000
MOST_CONNECTIONS: Final = 50
MOST_RECIPIENTS: Final = 10
_SESSION_SECONDS: Final = 300.0
_COMMAND_SECONDS: Final = 120.0
_HANDLING_SECONDS: Final = 30.0
_LONGEST_LINE: Final = 65_536
_FEEDBACK: Final = "fbl"
"""Feedback loops are registered with this local part; the message is proven by the MAC in the returned headers (L-077)."""
_OURS: Final = re.compile(r"(?:b|unsub|f)\+[^@\s]{1,62}", re.IGNORECASE)

_TAKEN: Final = "250 2.0.0 taken"
_LATER: Final = "451 4.3.0 try again later"
_NO_MAILBOX: Final = "550 5.1.1 no such mailbox"
_ANSWERS: Final = {
    Handled.TAKEN: _TAKEN,
    Handled.NO_READER: "550 5.2.1 nobody reads this mailbox; please answer to the address in the From line",
    Handled.LOOP: "554 5.4.6 this mail has gone round and is not passed on",
}

RECEIVED: Final = Counter("dueback_mailer_inbound_total", "Inbound mail by what it was or why it was dropped", ["what"])
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd writes addresses into its log (S78)


class Inbox(Protocol):
    """Takes mail about messages that a MAC has proven."""

    async def __call__(
        self, report: Report, *, report_id: UUID, message_id: UUID, purpose: Purpose, sender: str, raw: bytes
    ) -> Handled:
        """Take one mail; the same `report_id` again changes nothing. An exception lets the sender try again later."""


Mailbox = Callable[[str, bytes], Awaitable[bool]]
"""A fixed local part's own handling, such as the privacy address: (envelope sender, octets) to whether a person wrote; else it was dropped."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """The receiver's rules: `domain` is ours, `mailboxes` are further local parts in lower case; `counts` tells what came of everything."""

    domain: str
    returns: ReturnAddresses
    inbox: Inbox
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)
    counts: Tally[str] = field(default_factory=Tally)

    def knows(self, address: str) -> bool:
        """Tell whether mail to `address` is taken at all. A forged token is (and dropped): to refuse it would make a relay bounce it (L-080)."""
        local, _, domain = address.rpartition("@")
        if domain.lower().rstrip(".") != self.domain:
            return False
        return _OURS.fullmatch(local) is not None or local.lower() in (_FEEDBACK, *self.mailboxes)

    def count(self, what: str) -> None:
        """Count one mail by what came of it."""
        self.counts[what] += 1
        RECEIVED.labels(what).inc()

    async def receive(self, sender: str, recipient: str, raw: bytes) -> str:
        """Handle one mail to one recipient and return the reply."""
        local = recipient.rpartition("@")[0]
        if mailbox := self.mailboxes.get(local.lower()):
            self.count("letter" if await mailbox(sender, raw) else "letter_of_a_machine")
            return _TAKEN
        proven = self.returns.verify(local)
        if proven is None and local.lower() != _FEEDBACK:
            self.count("forged")
            return _TAKEN
        purpose: Purpose = proven[0] if proven else "b"
        report = await asyncio.to_thread(
            classify, raw, sender=sender, returns=self.returns, to_unsubscribe=purpose == "unsub"
        )
        message_id = proven[1] if proven else report.message_id
        if message_id is None or (proven is None and report.kind is not ReportKind.COMPLAINT):
            self.count("unproven")
            return _TAKEN
        handled = await self.inbox(
            report,
            report_id=identify(local, raw),
            message_id=message_id,
            purpose=purpose,
            sender=sender,
            raw=raw,
        )
        self.count(_name(report, purpose, handled))
        return _ANSWERS[handled]


def _name(report: Report, purpose: Purpose, handled: Handled) -> str:
    """Return what a mail counts as."""
    if handled is not Handled.TAKEN:
        return handled.value
    return f"forward_{report.kind.value}" if purpose == "f" else report.kind.value


def identify(local_part: str, raw: bytes) -> UUID:
    """Return the id of a mail: a UUIDv8 of its recipient and octets, so that a replay is the same report (I21)."""
    digest = hashlib.sha256(local_part.lower().encode() + b"\0" + raw).digest()
    return UUID(int=int.from_bytes(digest[:16], "big") & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)


@asynccontextmanager
async def open_receiver(receiver: Receiver, *, host: str, port: int) -> AsyncIterator[int]:
    """Listen while the block runs; yield the port (0 asks for a free one). Raises OSError where the port is taken."""
    loop = asyncio.get_running_loop()
    sessions: set[_Session] = set()
    server = await loop.create_server(lambda: _Session(_Handler(receiver), sessions, loop), host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for session in list(sessions):
            session.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


class _Handler:
    """aiosmtpd finds these by their names."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._receiver.knows(address):
            self._receiver.count("refused")
            return _NO_MAILBOX
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        cast("_Session", server).begin_message()
        raw = envelope.original_content or b""
        sender = envelope.mail_from or ""
        answers: list[str] = []
        try:
            async with asyncio.timeout(_HANDLING_SECONDS):
                for recipient in dict.fromkeys(envelope.rcpt_tos):
                    answers.append(await self._receiver.receive("" if sender == "<>" else sender, recipient, raw))
        except Exception as error:
            log("mailer.inbound").warning("mail_not_handled", exc_info=error)
            return _LATER
        return next((answer for answer in answers if answer.startswith("4")), max(answers, default=_TAKEN))

    async def handle_exception(self, error: Exception) -> str:
        log("mailer.inbound").warning("session_failed", exc_info=error)
        return "451 4.3.0 try again later"


class _Session(SMTP):
    """One connection. What passes the limit of a mail is read and forgotten: aiosmtpd keeps an endless line in memory."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, handler: _Handler, sessions: "set[_Session]", loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            handler,
            data_size_limit=MOST_OCTETS,
            enable_SMTPUTF8=True,
            hostname="inbound.example.com",
            ident="ESMTP",
            timeout=_COMMAND_SECONDS,
            command_call_limit={"RCPT": 200, "MAIL": 200, "NOOP": 50, "RSET": 200, "VRFY": 5, "*": 50, "DATA": 200},
            loop=loop,
        )
        self._sessions = sessions
        self._octets = 0
        self._tail = b""
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection if there is room."""
        self._wire = cast("asyncio.Transport", transport)
        if len(self._sessions) >= MOST_CONNECTIONS:
            self._wire.write(b"421 4.3.2 too many connections\r\n")
            self._wire.close()
            self._refused = True
            return
        self._refused = False
        self._sessions.add(self)
        self._deadline = self.loop.call_later(_SESSION_SECONDS, self.abort)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass octets on, but of a mail beyond its limit only its end (RFC 5321 4.1.1.4: CRLF, dot, CRLF and nothing else)."""
        if self._refused:
            return
        had, self._octets = self._octets, self._octets + len(data)
        if had <= MOST_OCTETS + _LONGEST_LINE:
            self._tail = (self._tail + data)[-4:]
            super().data_received(data)
            return
        seen = self._tail + data
        end = seen.find(b"\r\n.\r\n")
        self._tail = seen[-4:]
        if end >= 0:
            self._octets = 0
            super().data_received(seen[end:])

    def begin_message(self) -> None:
        """Count the next mail from zero."""
        self._octets = 0

    def eof_received(self) -> bool | None:
        """The client has gone."""
        return None if self._refused else super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        if not self._refused:
            self._sessions.discard(self)
            self._deadline.cancel()
            super().connection_lost(error)

    def abort(self) -> None:
        """End the connection at once."""
        if self._wire is not None:
            self._wire.abort()
