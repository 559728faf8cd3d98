"""What pages' own links and forms carry: two ids under a purpose, sealed, so that none can be forged or used at another door (S33, S34)."""

import base64
from collections.abc import Mapping
from typing import Final, Generic, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from shared.kit.crypto import derive

Purpose = TypeVar("Purpose", bound=str)

_LETTERS: Final = 66
"""Base64url of key number (1 octet), SIV (16) and two ids (32)."""


class SealRefusedError(ValueError):
    """The text was not sealed by us for this purpose; nothing more is said, so that nobody learns why (S37)."""


class SealedIds(Generic[Purpose]):
    """Seals with the newest of its keys, opens with all: AES-SIV (RFC 5297) under keys of their own, the purpose as associated data.

    What is sealed never expires: it opens as long as no key is taken away.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {int(key_id): AESSIV(derive(key, "door_links")) for key_id, key in keys.items()}
        self._current = max(self._ciphers)

    def seal(self, purpose: Purpose, first: UUID, second: UUID) -> str:
        """Return 66 letters of base64url, the same for the same ids."""
        sealed = self._ciphers[self._current].encrypt(first.bytes + second.bytes, [purpose.encode()])
        return base64.urlsafe_b64encode(bytes([self._current]) + sealed).rstrip(b"=").decode()

    def open(self, purpose: Purpose, text: str) -> tuple[UUID, UUID]:
        """Return the two ids, or raise SealRefusedError for what we did not seal for this purpose."""
        try:
            if len(text) != _LETTERS:
                raise SealRefusedError
            raw = base64.b64decode(text + "==", altchars=b"-_", validate=True)
            plain = self._ciphers[raw[0]].decrypt(raw[1:], [purpose.encode()])
        except (InvalidTag, KeyError, ValueError):
            raise SealRefusedError from None
        return UUID(bytes=plain[:16]), UUID(bytes=plain[16:])
