"""API clients and their secrets: what a client may be given, and how a secret is recognised without being kept."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.kit.errors import NotAllowedError, Problem

SECRET_PREFIX: Final = "dueback_"  # noqa: S105 - lets scanners of source code find a leaked secret
NO_SECRET: Final = bytes(32)
"""The hash compared for an unknown client, so that it costs what a known one costs (S16)."""


class LocationUnknownError(Problem):
    """A client was to be bound to a location that this subscriber does not have."""

    status, code, title = 409, "location_unknown", "The subscriber has no such location."


@dataclass(frozen=True, slots=True)
class Client:
    """An API client of a subscriber. `location_ids` empty means all its locations."""

    subscriber_id: UUID
    client_id: UUID
    name: str
    scopes: Sequence[str]
    location_ids: Sequence[UUID]
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownClient:
    """What the token endpoint knows of a client that it is asked about. `usable` is false once revoked or its subscriber inactive."""

    client_id: UUID
    secret_hash: bytes
    scopes: Sequence[str]
    usable: bool
    subscriber_id: UUID | None = None
    location_ids: Sequence[UUID] = ()


def new_secret() -> str:
    """Return a client secret: 256 random bits."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a client secret.

    Secrets are 256 random bits made by us, so there is nothing to guess: a slow password hash would add no strength
    and would hand an attacker 200 ms of our CPU per request (S26).
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_secret(secret: str, secret_hash: bytes) -> bool:
    """Tell whether a presented secret is the one that was hashed, in constant time (S28)."""
    return hmac.compare_digest(hash_secret(secret), secret_hash)


def check_grant(
    scopes: Collection[str], location_ids: Collection[UUID], *, held: Collection[str], covered: Collection[UUID]
) -> None:
    """Raise NotAllowedError where a client would hand on more than it holds itself (S11). `covered` empty means all locations."""
    if not set(scopes) <= set(held):
        raise NotAllowedError
    if covered and (not location_ids or not set(location_ids) <= set(covered)):
        raise NotAllowedError
