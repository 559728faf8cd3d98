"""What the pages' own links and forms carry: two ids under a purpose, sealed, so that none can be forged or used at another door (S33, S34)."""

import base64
from collections.abc import Mapping
from typing import Final, Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from shared.kit.crypto import derive
from shared.schemas.token import TokenRefusedError

Purpose = Literal["undo", "join", "confirm", "prove", "shown"]
"""`undo`: subscriber and ledger entry. `join`: subscriber and location. `confirm`: subscriber and sign-up. `prove`: subscriber and proof.
`shown`: whom a preference page was shown to, and by which opt-outs one of its topics was off."""

_LETTERS: Final = 66
"""Base64url of key number (1 octet), SIV (16) and two ids (32)."""


class DoorLinks:
    """Seals with the newest of the opt-out link keys, opens with all: AES-SIV (RFC 5297) under keys of their own, the purpose as associated data."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {int(key_id): AESSIV(derive(key, "door_links")) for key_id, key in keys.items()}
        self._current = max(self._ciphers)

    def seal(self, purpose: Purpose, first: UUID, second: UUID) -> str:
        """Return 66 letters of base64url, the same for the same ids."""
        sealed = self._ciphers[self._current].encrypt(first.bytes + second.bytes, [purpose.encode()])
        return base64.urlsafe_b64encode(bytes([self._current]) + sealed).rstrip(b"=").decode()

    def open(self, purpose: Purpose, text: str) -> tuple[UUID, UUID]:
        """Return the two ids, or raise TokenRefusedError for what we did not seal for this purpose."""
        try:
            if len(text) != _LETTERS:
                raise TokenRefusedError
            raw = base64.b64decode(text + "==", altchars=b"-_", validate=True)
            plain = self._ciphers[raw[0]].decrypt(raw[1:], [purpose.encode()])
        except (InvalidTag, KeyError, ValueError):
            raise TokenRefusedError from None
        return UUID(bytes=plain[:16]), UUID(bytes=plain[16:])
