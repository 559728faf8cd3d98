"""The URL of an SMTP relay, read in one way by the launcher, which refuses before anything starts, and by the mailer, which connects."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

SCHEMES: Final = {
    "smtp": "offered",
    "smtp+offered": "offered",
    "smtp+starttls": "required",
    "smtps": "implicit",
    "smtp+plain": "never",
}
"""Scheme to whether TLS is required by STARTTLS, spoken from the first octet (RFC 8314), taken where offered, or never asked for.

`smtp://` to this machine never asks either.
"""

_ENCRYPTED: Final = ("required", "implicit")
_IMPLICIT_PORT: Final = 465

_NEAR: Final = ("localhost", "127.0.0.1", "::1")
_EXAMPLE: Final = "smtp+starttls://user:password@relay.your-domain.tld:587"


class RelayUrlRefusedError(ValueError):
    """The URL names no relay that may be used in this mode; the text says what to write and never repeats the URL."""


@dataclass(frozen=True)
class RelayUrl:
    """A relay; `tls` is one of the values of SCHEMES, `port` unless given 465 for implicit TLS, else 25 on this machine and 587 elsewhere."""

    host: str
    port: int
    tls: str
    username: str | None
    password: str | None = field(repr=False)


def read_relay_url(text: str, *, mode: str, variable: str) -> RelayUrl:
    """Return the relay that `variable` names. Raises `RelayUrlRefusedError`: no relay, or mail in clear to another machine in production (S50)."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise RelayUrlRefusedError(f"{variable} must look like {_EXAMPLE} (one of {known})")
    near = host in _NEAR
    tls = "never" if near and parts.scheme == "smtp" else SCHEMES[parts.scheme]
    if mode == "production" and tls not in _ENCRYPTED and not near:
        raise RelayUrlRefusedError(
            f"{variable} must start with smtp+starttls:// or smtps:// in production unless the relay is on this machine, as in {_EXAMPLE}"
        )
    return RelayUrl(
        host=host,
        port=port or (_IMPLICIT_PORT if tls == "implicit" else 25 if near else 587),
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
