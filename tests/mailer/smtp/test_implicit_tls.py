"""TLS from the first octet (RFC 8314): verified against the trust store, nothing said or listened to in clear, and the dot still last."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.mailer.domain.outcomes import Sent
from services.mailer.smtp.connect import Limits, Relay, RelayNotReadyError, TlsRule, greet_relay
from services.mailer.smtp.session import open_session
from tests.fixtures.certificates import PAST, Authority
from tests.fixtures.smtp import SmtpSink, Step
from tests.mailer.smtp.conftest import Run
from tests.mailer.smtp.scene import BODY, QUICK, bring_to_dot, envelope, finish

AUTHORITY = Authority.make()
HASTY = Limits(connect=0.5)


def _relay(port: int, context: ssl.SSLContext | None = None, **values: Any) -> Relay:
    """A relay at the port; by default its authority is trusted."""
    trusted = AUTHORITY.client_context() if context is None else context
    return Relay("127.0.0.1", port, "mailer.example.com", TlsRule.IMPLICIT, tls_context=trusted, **values)


def test_messages_travel_through_one_session_and_are_seen_to_leave(run: Run, tmp_path: Path) -> None:
    """RFC 8314 3.3, architecture 4: pipelined on both loops, the transport taken over, the dot written after the body has left."""
    server = AUTHORITY.issue("127.0.0.1").server_context(tmp_path)

    async def scenario() -> None:
        async with SmtpSink(implicit_tls=server) as sink:
            session = await open_session(_relay(sink.port), QUICK)
            assert session.pipelines
            await bring_to_dot(session, envelope("a"))
            for following in ("b", None):
                done = await finish(session, envelope(following) if following else None)
                assert isinstance(done.current, Sent)
                if following:
                    assert await session.send_body(BODY) is None
            session.abort()
            assert [message.recipients for message in sink.messages] == [(b"a@y.example.com",), (b"b@y.example.com",)]
            assert sink.violations == []
            assert not any(entry.event == "starttls" for entry in sink.ledger)

    run(scenario())


def test_the_trust_store_of_the_system_decides_where_nothing_else_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S50: a chain over an intermediate to a trusted root; the same server is refused once its root is not trusted."""
    server = AUTHORITY.below().issue("127.0.0.1").server_context(tmp_path)

    async def scenario() -> None:
        async with SmtpSink(implicit_tls=server) as sink:
            given = Relay("127.0.0.1", sink.port, "mailer.example.com", TlsRule.IMPLICIT)
            monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY.trust_file(tmp_path)))
            smtp, raw = await greet_relay(given, QUICK)
            assert smtp.transport is not raw
            smtp.close()
            monkeypatch.setenv("SSL_CERT_FILE", str(Authority.make("Other").trust_file(tmp_path)))
            with pytest.raises(RelayNotReadyError, match="tls_failed"):
                await greet_relay(given, QUICK)

    run(scenario())


FALSE: dict[str, Callable[[Path], ssl.SSLContext]] = {
    "of a root nobody trusts": lambda folder: Authority.make("Nobody's").issue("127.0.0.1").server_context(folder),
    "for another name": lambda folder: AUTHORITY.issue("other.example.com").server_context(folder),
    "expired": lambda folder: AUTHORITY.issue("127.0.0.1", until=PAST).server_context(folder),
}


@pytest.mark.parametrize("kind", sorted(FALSE))
def test_a_false_certificate_gets_nothing(run: Run, tmp_path: Path, kind: str) -> None:
    """S50: the mail is held; neither a name nor a password is told."""

    async def scenario() -> None:
        async with SmtpSink(implicit_tls=FALSE[kind](tmp_path)) as sink:
            with pytest.raises(RelayNotReadyError, match="tls_failed"):
                await greet_relay(_relay(sink.port, username="dueback", password="s3cret-word"), QUICK)
            assert {entry.event for entry in sink.ledger} <= {"connect", "closed"}

    run(scenario())


@asynccontextmanager
async def _listening(
    speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any], *, ssl: ssl.SSLContext | None = None
) -> Any:
    server = await asyncio.start_server(speak, "127.0.0.1", 0, ssl=ssl)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def test_a_server_that_speaks_in_clear_gets_nothing(run: Run) -> None:
    """RFC 8314 3.3, S50: no falling back, whatever it greets with."""
    heard = bytearray()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay.example.com ESMTP\r\n")
        heard.extend(await reader.read(4096))
        writer.close()

    async def scenario() -> None:
        heard.clear()
        async with _listening(speak) as port:
            with pytest.raises(RelayNotReadyError, match="tls_failed"):
                await greet_relay(_relay(port, username="dueback", password="s3cret-word"), QUICK)
        assert not heard or heard.startswith(b"\x16\x03")  # a ClientHello is all there may be

    run(scenario())


def test_a_greeting_in_clear_before_the_handshake_counts_for_nothing(run: Run, tmp_path: Path) -> None:
    """RFC 3207's trap in its implicit form: words slipped in front of the handshake are not taken for the relay's."""
    context = AUTHORITY.issue("127.0.0.1").server_context(tmp_path)
    heard = bytearray()

    async def keep_quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(4096))
        writer.close()

    async def scenario() -> None:
        heard.clear()
        over = asyncio.Event()
        async with _listening(keep_quiet, ssl=context) as inner:

            async def slip_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(b"220 relay.example.com ESMTP\r\n")
                inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", inner)
                await asyncio.gather(_carry(reader, inner_writer), _carry(inner_reader, writer), return_exceptions=True)
                over.set()

            async with _listening(slip_in) as port:
                with pytest.raises(RelayNotReadyError):
                    await greet_relay(_relay(port), HASTY)
                await over.wait()
        assert heard == b""

    run(scenario())


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while octets := await source.read(4096):
            target.write(octets)
    finally:
        target.close()


def test_a_relay_that_does_not_greet_within_tls_is_told_from_one_whose_tls_fails(run: Run, tmp_path: Path) -> None:
    """Whatever happens before MAIL is the route's trouble, and the operator reads which."""
    server = AUTHORITY.issue("127.0.0.1").server_context(tmp_path)

    async def scenario() -> None:
        for step in (Step("greeting", reply="554 5.3.2 go away"), Step("greeting", "drop"), Step("greeting", "hang")):
            async with SmtpSink([step], implicit_tls=server) as sink:
                with pytest.raises(RelayNotReadyError) as caught:
                    await greet_relay(_relay(sink.port), HASTY)
                assert caught.value.reason == "connect_failed"

    run(scenario())
