"""Receives mail at our bounce domain, never relays: only local parts we minted, or a few fixed ones, are taken (S49, L-080)."""

import asyncio
import hashlib
import logging
import re
from collections import Counter as Tally
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from aiosmtpd.smtp import Envelope, Session
from prometheus_client import Counter

from services.mailer.domain.reports import Handled, Report, ReportKind
from services.mailer.smtp.inbound_session import InboundSession, Sessions
from services.mailer.smtp.reports import classify
from services.mailer.smtp.verp import Purpose, ReturnAddresses
from shared.kit.logs import log

MOST_RECIPIENTS: Final = 10
_HANDLING_SECONDS: Final = 30.0
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
    digest = hashlib.sha256(local_part.lower().encode() + b"\0")
    digest.update(raw)
    return UUID(int=int.from_bytes(digest.digest()[:16], "big") & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)


@asynccontextmanager
async def open_receiver(receiver: Receiver, *, host: str, port: int) -> AsyncIterator[int]:
    """Listen while the block runs; yield the port (0 asks for a free one). Raises OSError where the port is taken."""
    loop = asyncio.get_running_loop()
    sessions = Sessions(receiver.domain)
    server = await loop.create_server(lambda: InboundSession(_Handler(receiver), sessions, loop), host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        sessions.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


class _Handler:
    """aiosmtpd finds these by their names."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def handle_RCPT(  # noqa: N802
        self, _server: InboundSession, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._receiver.knows(address):
            self._receiver.count("refused")
            return _NO_MAILBOX
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _session: InboundSession, envelope: Envelope) -> str:  # noqa: N802
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
