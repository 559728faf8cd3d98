"""Signing in at a relay: over TLS or on this machine, and never in clear to another one."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from services.mailer.domain.outcomes import Sent
from services.mailer.smtp.connect import Relay, RelayNotReadyError, TlsRule
from services.mailer.smtp.session import open_session
from tests.fixtures.certificates import Authority
from tests.mailer.smtp.conftest import Run
from tests.mailer.smtp.scene import QUICK, bring_to_dot, finish

AUTHORITY = Authority.make()


class _Handler:
    """Takes everything, and remembers who signed in with what."""

    def __init__(self) -> None:
        self.tried: list[LoginPassword] = []
        self.taken: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        assert session.authenticated
        self.taken += envelope.rcpt_tos
        return "250 2.0.0 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        """Know one user."""
        self.tried.append(data)
        return AuthResult(success=data == LoginPassword(b"dueback", b"s3cret-word"), handled=False)


@asynccontextmanager
async def _relay(server: ssl.SSLContext | None) -> AsyncIterator[tuple[_Handler, int]]:
    """A relay that takes mail only from whom it knows; with a context it asks for STARTTLS first."""
    handler = _Handler()

    def build() -> SMTP:
        return SMTP(
            handler,
            hostname="relay.example.com",
            authenticator=handler.authenticate,
            auth_required=server is not None,  # `handle_DATA` looks itself
            auth_require_tls=server is not None,
            require_starttls=server is not None,
            tls_context=server,
            loop=asyncio.get_running_loop(),
        )

    listening = await asyncio.get_running_loop().create_server(build, "127.0.0.1", 0)
    async with listening:
        yield handler, listening.sockets[0].getsockname()[1]


def _at(port: int, tls: TlsRule, *, host: str = "127.0.0.1", password: str = "s3cret-word") -> Relay:
    return Relay(host, port, "mailer.example.com", tls, "dueback", password, AUTHORITY.client_context())


@pytest.mark.parametrize("tls", [TlsRule.REQUIRED, TlsRule.OFFERED, TlsRule.NEVER])
def test_who_signs_in_may_send(run: Run, tmp_path: Path, tls: TlsRule) -> None:
    """RFC 4954, behind STARTTLS or in clear to this machine; the session goes on as any other."""
    server = AUTHORITY.issue("127.0.0.1").server_context(tmp_path) if tls is not TlsRule.NEVER else None

    async def scenario() -> None:
        async with _relay(server) as (handler, port):
            session = await open_session(_at(port, tls), QUICK)
            await bring_to_dot(session)
            assert isinstance((await finish(session)).current, Sent)
            await session.quit()
        assert handler.tried == [LoginPassword(b"dueback", b"s3cret-word")]
        assert handler.taken == ["ann@y.example.com"]

    run(scenario())


def test_a_wrong_password_is_told_apart_and_never_repeated(run: Run, tmp_path: Path) -> None:
    """The operator sees `auth_failed` and the relay's code; nothing of the password stands in the error."""
    server = AUTHORITY.issue("127.0.0.1").server_context(tmp_path)

    async def scenario() -> None:
        async with _relay(server) as (handler, port):
            with pytest.raises(RelayNotReadyError) as refused:
                await open_session(_at(port, TlsRule.REQUIRED, password="0ther-w0rd"), QUICK)
            assert (refused.value.reason, refused.value.code) == ("auth_failed", 535)
            assert "0ther" not in repr(refused.value)
            assert handler.tried
            assert handler.taken == []

    run(scenario())


@pytest.mark.parametrize("tls", [TlsRule.OFFERED, TlsRule.NEVER])
def test_a_password_never_leaves_this_machine_in_clear(run: Run, tls: TlsRule) -> None:
    """S50: 0.0.0.0 reaches the same relay and is no loopback address; without STARTTLS nobody signs in there."""

    async def scenario() -> None:
        async with _relay(None) as (handler, port):
            with pytest.raises(RelayNotReadyError, match="password_in_clear"):
                await open_session(_at(port, tls, host="0.0.0.0"), QUICK)
            assert handler.tried == []

    run(scenario())
