"""Signing keys of the token endpoint and the overlap in which an old and a new one are both good (S82)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.portal.domain.tokens import TOKEN_SECONDS

HEAD_START: Final = timedelta(seconds=60)
"""A new key is known everywhere before it signs: pushes take seconds."""
AFTERLIFE: Final = timedelta(seconds=TOKEN_SECONDS + 60)
"""An old key verifies until its last token has run out, leeway included."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One Ed25519 key. `private_key` is encrypted. It signs from `signs_from`; without `not_after` it has no successor."""

    key_id: str
    public_key: bytes
    private_key: bytes
    signs_from: datetime
    not_after: datetime | None
    changed_at: datetime


def signing_key_at(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """Return the key that signs now: the newest whose time has come; where the clock was set back, the oldest."""
    ripe = [key for key in keys if key.signs_from <= now]
    if ripe:
        return max(ripe, key=lambda key: key.signs_from)
    return min(keys, key=lambda key: key.signs_from)


def keys_shown_at(keys: Iterable[SigningKey], now: datetime) -> list[SigningKey]:
    """Return the keys with which a token may verify now or soon."""
    return [key for key in keys if key.not_after is None or now < key.not_after]
