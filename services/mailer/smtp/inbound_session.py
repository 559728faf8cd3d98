"""One SMTP connection that brings mail. aiosmtpd speaks; what it does not bound is bounded here: connections, memory, the life of a session.

aiosmtpd keeps a mail as one object a line, which makes ten megabytes of empty lines half a gigabyte. Here a mail is one run of octets, a mail of
ordinary size always finds room, and all others together may take so much and no more, however many connections bring them.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast

from aiosmtpd.smtp import SMTP, Envelope

MOST_OCTETS: Final = 10_000_000
MOST_CONNECTIONS: Final = 50
SMALL_OCTETS: Final = 262_144
"""A mail up to this is taken whatever else is being taken: reports are smaller."""
MOST_LARGE_OCTETS: Final = 25_000_000
"""What is beyond that of all mails that are being taken. Handling a mail costs a few times its octets for a moment."""
_SESSION_SECONDS: Final = 300.0
_COMMAND_SECONDS: Final = 120.0
_LONGEST_LINE: Final = 65_536
_END: Final = b"\r\n.\r\n"
"""RFC 5321 4.1.1.4: CRLF, dot, CRLF and nothing else ends a mail (CVE-2024-27305)."""
_LIMITS: Final = {"RCPT": 200, "MAIL": 200, "NOOP": 50, "RSET": 200, "VRFY": 5, "*": 50, "DATA": 200}


class RefusedMailError(Exception):
    """This mail is not taken; the text is the reply."""


@dataclass
class Memory:
    """The octets of large mails that all sessions hold together."""

    most: int = MOST_LARGE_OCTETS
    held: int = 0

    def find_room(self, octets: int) -> bool:
        """Take so many octets more; false where there is no room."""
        if self.held + octets > self.most:
            return False
        self.held += octets
        return True


@dataclass
class Sessions:
    """The sessions that are open at one door; `hostname` is the name it greets with."""

    hostname: str
    memory: Memory = field(default_factory=Memory)
    open: "set[InboundSession]" = field(default_factory=set)

    def abort(self) -> None:
        """End all of them at once."""
        for session in list(self.open):
            session.abort()


class MailHandler(Protocol):
    """What is asked about a mail; aiosmtpd finds handle_RCPT by its name."""

    async def handle_DATA(self, session: "InboundSession", envelope: Envelope) -> str:  # noqa: N802
        """Return the reply to a whole mail."""
        ...


class InboundSession(SMTP):
    """One connection."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, handler: MailHandler, sessions: Sessions, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            handler,
            data_size_limit=MOST_OCTETS,
            enable_SMTPUTF8=True,
            hostname=sessions.hostname,
            ident="ESMTP",
            timeout=_COMMAND_SECONDS,
            command_call_limit=_LIMITS,
            loop=loop,
        )
        self._sessions = sessions
        self._wire: asyncio.Transport | None = None
        self._mail: _IncomingMail | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection if there is room."""
        self._wire = cast("asyncio.Transport", transport)
        if len(self._sessions.open) >= MOST_CONNECTIONS:
            self._wire.write(b"421 4.3.2 too many connections\r\n")
            self._wire.close()
            self._refused = True
            return
        self._refused = False
        self._sessions.open.add(self)
        self._deadline = self.loop.call_later(_SESSION_SECONDS, self.abort)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Pass octets on: to the mail that is being taken, else to aiosmtpd, which stops the transport when it has more than it may."""
        if self._refused:
            return
        if self._mail is not None and not self._mail.is_whole:
            data = self._mail.take(data)
        if data:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """The client has gone."""
        return None if self._refused else super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        if not self._refused:
            self._sessions.open.discard(self)
            self._deadline.cancel()
            super().connection_lost(error)

    def abort(self) -> None:
        """End the connection at once."""
        if self._wire is not None:
            self._wire.abort()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - found by its name
        """Take a mail and answer it."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes nothing")
            return
        if cast("Any", self)._reader._buffer:  # RFC 5321 4.3.1: nothing may come before the reply to DATA
            await self.push("554 5.5.0 wait for the reply to DATA")
            self.abort()
            return
        self._mail = mail = _IncomingMail(self._sessions.memory)
        try:
            await self.push("354 end with <CR><LF>.<CR><LF>")
            envelope.original_content = await mail.read()
            answer = await cast("MailHandler", self.event_handler).handle_DATA(self, envelope)
        except RefusedMailError as refused:
            answer = str(refused)
        finally:
            envelope.original_content = self._mail = None
            mail.leave()
        self.envelope = self._create_envelope()
        await self.push(answer)


class _IncomingMail:
    """A mail that is being taken, and what it holds of the memory that all share."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._held = 0
        self._octets = bytearray(b"\r\n")  # as if a line had ended: the first may be the lone dot
        self._refusal = ""
        self._whole = asyncio.Event()

    @property
    def is_whole(self) -> bool:
        """Its end has come."""
        return self._whole.is_set()

    def take(self, data: bytes) -> bytes:
        """Keep octets of the mail, or of one that is refused its end; return what came behind it."""
        self._refusal = self._refusal or self._find_room(len(self._octets) + len(data))
        if self._refusal:
            del self._octets[:-4]
        begun = max(0, len(self._octets) - 4)
        self._octets += data
        end = self._octets.find(_END, begun)
        if end < 0:
            return b""
        behind = bytes(self._octets[end + len(_END) :])
        del self._octets[end + 2 :]
        self._whole.set()
        return behind

    async def read(self) -> bytes:
        """Return the mail without its dot-stuffing once it is whole. Raises RefusedMailError: a reply any sooner would be lost."""
        await self._whole.wait()
        if self._refusal:
            raise RefusedMailError(self._refusal)
        if _has_endless_line(self._octets):
            raise RefusedMailError("500 5.5.2 a line is too long")
        octets, self._octets = self._octets, bytearray()
        if b"\r\n." in octets:
            octets = octets.replace(b"\r\n.", b"\r\n")
        return bytes(memoryview(octets)[2:])

    def leave(self) -> None:
        """Give back all that it holds."""
        self._memory.held -= self._held
        self._held = 0

    def _find_room(self, octets: int) -> str:
        """Return "" if the mail may grow to so many octets, else the reply it will get; it is then no longer kept."""
        more = max(0, octets - SMALL_OCTETS - self._held)
        if octets > MOST_OCTETS + len(_END):
            refusal = "552 5.3.4 the mail is too large"
        elif more and not self._memory.find_room(more):
            refusal = "452 4.3.1 too much mail at once, try again later"
        else:
            self._held += more
            return ""
        self.leave()
        return refusal


def _has_endless_line(mail: bytearray) -> bool:
    """Tell whether a line is over its limit; looked at in steps of half the limit, so that neither long nor short lines cost anything."""
    for at in range(0, len(mail), _LONGEST_LINE // 2):
        if mail.find(b"\n", at, at + _LONGEST_LINE // 2) < 0:
            end = mail.find(b"\n", at)
            if (end if end >= 0 else len(mail)) - mail.rfind(b"\n", 0, at) > _LONGEST_LINE:
                return True
    return False
