"""Opening a connection to a relay: aiosmtplib connects, greets, does STARTTLS and AUTH, then its transport is taken over and it is thrown away.

Why not all by ourselves: TLS upgrade and authentication are where hand-written clients have their holes (S50); the hand-over is where
libraries have theirs.
"""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Final, cast

from aiosmtplib import (
    SMTP,
    SMTPConnectResponseError,
    SMTPException,
    SMTPHeloError,
    SMTPResponse,
    SMTPResponseException,
    SMTPStatus,
)
from aiosmtplib.protocol import SMTPProtocol

from services.mailer.smtp.protocol import SmtpProtocol

_NEAR: Final = frozenset(("127.0.0.1", "::1", "localhost"))
_NEAR_SEGMENT: Final = 1_400


class TlsRule(StrEnum):
    """`never` is for a relay on this machine; `offered` encrypts (and verifies) where offered; `required` holds the mail otherwise (S50).

    `implicit` speaks TLS from the first octet, without a word in clear that could be tampered with (RFC 8314 3.3).
    """

    NEVER = "never"
    OFFERED = "offered"
    REQUIRED = "required"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class Relay:
    """Where and how to connect. `tls_context` None means the system's trust store with verification on."""

    host: str
    port: int
    helo_name: str
    tls: TlsRule = TlsRule.REQUIRED
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_context: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds: `connect` for each step up to AUTH, `envelope` for MAIL, RCPT and DATA together, `body` until the body has left,
    `alone` after which a pre-sent next message is put back, `final` for the reply to the dot (RFC 5321 4.5.3.2.6), `marker` from sending the
    marker statement to writing the dot; `ack` (TCP_USER_TIMEOUT) for the other machine's acknowledgement of the dot."""

    connect: float = 30.0
    envelope: float = 120.0
    body: float = 60.0
    alone: float = 1.0
    final: float = 600.0
    marker: float = 2.0
    ack: float = 2.0


class RelayNotReadyError(Exception):
    """No session could be opened; no message is to blame. `reason` is stable, `code` the relay's reply code if it gave one."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason if code is None else f"{reason} ({code})")
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class Line:
    """An open, greeted connection. `raw` is the TCP transport under `transport`, which differs when TLS is on.

    `most_octets` is the largest message the relay takes by its own word (RFC 1870), None where it names no limit.
    """

    transport: asyncio.Transport
    raw: asyncio.Transport
    protocol: SmtpProtocol
    features: frozenset[str]
    most_octets: int | None = None

    @property
    def is_encrypted(self) -> bool:
        """TLS is on."""
        return self.transport is not self.raw


async def connect_relay(relay: Relay, limits: Limits) -> Line:
    """Open a line to `relay` or raise RelayNotReadyError."""
    smtp, raw = await greet_relay(relay, limits)
    try:
        return _take_over(smtp, raw)
    finally:
        if smtp.transport:  # not taken over
            smtp.close()


async def greet_relay(relay: Relay, limits: Limits) -> tuple[SMTP, asyncio.BaseTransport | None]:
    """Connect, greet, encrypt and sign in; return the library's client and its TCP transport. Raises RelayNotReadyError with nothing left open."""
    smtp = (_WrappedSmtp if relay.tls is TlsRule.IMPLICIT else SMTP)(
        local_hostname=relay.helo_name, timeout=limits.connect, start_tls=False, tls_context=relay.tls_context
    )
    step = "connect_failed"
    try:
        near = await _connect_near(relay, limits) if relay.host in _NEAR else None
        if isinstance(smtp, _WrappedSmtp):
            raw: asyncio.BaseTransport | None = await smtp.wrap(relay, near)
        else:
            await (smtp.connect(sock=near) if near else smtp.connect(hostname=relay.host, port=relay.port))
            raw = smtp.transport
        await _greet(smtp)
        if relay.tls in (TlsRule.OFFERED, TlsRule.REQUIRED):
            step = "tls_failed"
            await _secure(smtp, relay)
        if relay.username is not None:
            if not (_is_loopback(relay.host) or smtp.get_transport_info("ssl_object")):
                raise RelayNotReadyError("password_in_clear")
            step = "auth_failed"
            await smtp.login(relay.username, relay.password or "")
    except (SMTPException, OSError, ValueError) as error:
        smtp.close()
        raise RelayNotReadyError(step, _code_of(error)) from None
    except BaseException:
        smtp.close()
        raise
    return smtp, raw


def _is_loopback(host: str) -> bool:
    """Whether what is said in clear stays on this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class _WrappedSmtp(SMTP):
    """The library's client over TLS that we have put on a TCP connection of ours: it would keep the TCP transport to itself, whose buffer and
    socket are the witnesses of what has left (smtp/sendqueue.py)."""

    _raw: asyncio.Transport

    async def wrap(self, relay: Relay, near: socket.socket | None) -> asyncio.Transport:
        """Connect, encrypt and read the greeting; return the TCP transport. Whatever comes in clear is not listened to."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.timeout):
            if near is not None:
                self._raw, _ = await loop.create_connection(asyncio.Protocol, sock=near)
            else:
                self._raw, _ = await loop.create_connection(asyncio.Protocol, relay.host, relay.port)
        try:
            await self.connect(hostname=relay.host, use_tls=True)
            if (
                self.get_transport_info("ssl_object") is None
            ):  # the library has another way to connect than the one below
                raise RelayNotReadyError("tls_failed")
        except BaseException:
            self._raw.abort()
            raise
        return self._raw

    async def _create_connection(self, timeout: float | None) -> SMTPResponse:  # noqa: ASYNC109 - the library's own
        """Take the library's step of connecting; the handshake's failure is named, what follows is judged as on any line."""
        loop = asyncio.get_running_loop()
        protocol = SMTPProtocol(loop=loop, connection_lost_callback=self._on_connection_lost)
        protocol.connection_made(self._raw)  # the greeting may come with the last octets of the handshake
        try:
            context = await self._get_tls_context()
            secured = await loop.start_tls(
                self._raw, protocol, context, server_hostname=self.hostname, ssl_handshake_timeout=timeout
            )
        except OSError:
            raise RelayNotReadyError("tls_failed") from None
        self.protocol, self.transport, protocol.transport = protocol, secured, secured
        greeting = await protocol.read_response(timeout=timeout)
        if greeting.code != SMTPStatus.ready:
            raise SMTPConnectResponseError(greeting.code, greeting.message)
        return greeting


async def _connect_near(relay: Relay, limits: Limits) -> socket.socket:
    """Connect to a relay on this machine with segments as short as on Ethernet.

    A receiver acknowledges at once when more than one segment is unacknowledged, else up to 40 ms later. On the loopback device a whole body is
    one segment, and the wait for "the body has left" would hold a session to 25 messages a second (measured: 44 ms against 0.1 ms).
    """
    family = socket.AF_INET6 if ":" in relay.host else socket.AF_INET
    near = socket.socket(family, socket.SOCK_STREAM)
    try:
        near.setblocking(False)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _NEAR_SEGMENT)
        async with asyncio.timeout(limits.connect):
            host = "127.0.0.1" if relay.host == "localhost" else relay.host
            await asyncio.get_running_loop().sock_connect(near, (host, relay.port))
    except BaseException:
        near.close()
        raise
    return near


async def _greet(smtp: SMTP) -> None:
    """EHLO, or HELO for a relay of the old school (RFC 5321 3.2)."""
    try:
        await smtp.ehlo()
    except SMTPHeloError:
        await smtp.helo()


async def _secure(smtp: SMTP, relay: Relay) -> None:
    """STARTTLS, and a second greeting: nothing said in clear counts any more (RFC 3207 4.2)."""
    if smtp.supports_extension("starttls"):
        await smtp.starttls(server_hostname=relay.host)
        await _greet(smtp)
    elif relay.tls is TlsRule.REQUIRED:
        raise RelayNotReadyError("tls_not_offered")


def _take_over(smtp: SMTP, raw: asyncio.BaseTransport | None) -> Line:
    """Put our protocol in the library's place. Nothing is owed at this moment, so any byte that comes next is a fault of the peer."""
    transport = cast("asyncio.Transport | None", smtp.transport)
    if transport is None or raw is None or transport.is_closing():
        raise RelayNotReadyError("connect_failed")
    protocol = SmtpProtocol()
    features = frozenset(smtp.esmtp_extensions)
    transport.set_protocol(protocol)
    size = smtp.esmtp_extensions.get("size", "")
    smtp.transport = smtp.protocol = None
    most = int(size) if size.isdecimal() else 0
    return Line(transport, cast("asyncio.Transport", raw), protocol, features, most or None)


def _code_of(error: Exception) -> int | None:
    return error.code if isinstance(error, SMTPResponseException) and error.code > 0 else None
