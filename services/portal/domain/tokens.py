"""What the token endpoint grants and how it refuses (RFC 6749 4.4, 5.1, 5.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.portal.domain.client import KnownClient
from shared.kit.errors import Problem

TOKEN_SECONDS: Final = 900
OPERATOR_SCOPES: Final = ("operator", "locations", "clients", "privacy")
"""The operator acts for every subscriber and reads nobody's consumers: no records, no messages (S-008), and privacy cases of the platform only."""


class TokenRefusedError(Problem):
    """Base of the refusals; `error` in the body is RFC 6749's word for it."""

    error = "invalid_request"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, error=self.error, error_description=self.title)


class TokenRequestInvalidError(TokenRefusedError):
    """A parameter is missing, repeated, in the query, or credentials came twice."""

    status, code, title = 400, "token_request_invalid", "The token request is malformed."


class GrantUnsupportedError(TokenRefusedError):
    """Only client credentials are offered."""

    status, code, title, error = (
        400,
        "grant_unsupported",
        "Only client_credentials are offered.",
        "unsupported_grant_type",
    )


class ClientRefusedError(TokenRefusedError):
    """Unknown client, wrong secret, revoked client, inactive subscriber: one answer for all (S16)."""

    status, code, title, error = 401, "client_refused", "Client id or secret is wrong.", "invalid_client"
    headers = {"WWW-Authenticate": 'Basic realm="dueback"'}  # noqa: RUF012 - ClassVar of the base


class ScopeRefusedError(TokenRefusedError):
    """A scope was asked for that the client does not hold."""

    status, code, title, error = 400, "scope_refused", "The client does not hold a scope it asked for.", "invalid_scope"


class TooManyFailuresError(TokenRefusedError):
    """Too many wrong secrets lately; the pause is short and never a lock (S15)."""

    status, code, title = 429, "too_many_failures", "Too many failed attempts; try again shortly."

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.headers = {"Retry-After": str(max(1, int(seconds + 0.999)))}  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client presented. `client_id` is its text: anything that is no UUID is simply unknown."""

    client_id: str
    client_secret: str
    scope: str


def granted_scopes(client: KnownClient, asked: str) -> Sequence[str]:
    """Return the scopes of the token: all the client holds, or those it asked for; raise ScopeRefusedError beyond that."""
    wanted = asked.split()
    if not set(wanted) <= set(client.scopes):
        raise ScopeRefusedError
    return [scope for scope in client.scopes if not wanted or scope in wanted]


def token_claims(
    client: KnownClient, scopes: Sequence[str], *, issuer: str, audience: str, now: datetime
) -> dict[str, Any]:
    """Return the claims that every service verifies offline (kit/auth.py); times are business time in whole seconds."""
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": str(client.client_id),
        "scope": " ".join(scopes),
        "locations": [str(location_id) for location_id in client.location_ids],
        "iat": issued,
        "exp": issued + TOKEN_SECONDS,
    }
    if client.subscriber_id is not None:
        claims["subscriber"] = str(client.subscriber_id)
    return claims
