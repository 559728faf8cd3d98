"""What session tests share: a session with a scripted sink, envelopes and a body."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from services.mailer.smtp.connect import Limits, Relay, TlsRule
from services.mailer.smtp.envelope import Envelope
from services.mailer.smtp.groups import Ready
from services.mailer.smtp.session import Finished, Session, open_session
from tests.fixtures.smtp import SmtpSink

QUICK = Limits(connect=5, envelope=0.5, body=0.5, alone=0.1, final=0.6)
BODY = b"Message-ID: <1@example.com>\r\nSubject: hello\r\n\r\n.leading dot\r\nend\r\n"


def envelope(name: str = "ann") -> Envelope:
    """An envelope to one recipient."""
    return Envelope(f"b+{name}@bounce.example.com", f"{name}@y.example.com")


def unverified() -> ssl.SSLContext:
    """A client context for the sink's self-signed certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def relay(sink: SmtpSink, *, is_secure: bool = False) -> Relay:
    """The sink as a relay."""
    tls = TlsRule.REQUIRED if is_secure else TlsRule.NEVER
    return Relay("127.0.0.1", sink.port, "mailer.example.com", tls, tls_context=unverified() if is_secure else None)


@asynccontextmanager
async def opened(sink: SmtpSink, *, is_secure: bool = False, limits: Limits = QUICK) -> AsyncIterator[Session]:
    """A session with the sink, closed at the end whatever happened."""
    session = await open_session(relay(sink, is_secure=is_secure), limits)
    try:
        yield session
    finally:
        session.abort()


async def bring_to_dot(session: Session, first: Envelope | None = None) -> None:
    """Envelope accepted, body written: only the marker and the dot are missing."""
    assert await session.begin(first or envelope()) == Ready()
    assert await session.send_body(BODY) is None


async def finish(session: Session, following: Envelope | None = None) -> Finished:
    """Write the dot with a marker sent just now."""
    return await session.finish(following, marker_sent_at=monotonic())
