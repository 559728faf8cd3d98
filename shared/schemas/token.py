"""The opt-out token: what an opt-out link carries, sealed so that it is opaque, unforgeable and valid for ever.

It works after the consumer, the campaign and the business are gone (S-030, N-30, L-009, L-035), because it holds all that the ledger needs: no
look-up, no address in clear, no expiry. Sealing is AES-SIV (RFC 5297): deterministic, so a message's link is the same at every attempt.
"""

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

MessageClass = Literal["commercial", "transactional"]

_CLASSES: Final[tuple[MessageClass, ...]] = ("commercial", "transactional")
_FIXED: Final = struct.Struct(">B16s16s16sB")
_PURPOSE: Final = b"dueback.optout.1"
_MAIL: Final = b"dueback.mail.1"
_LONGEST: Final = 400


class TokenRefusedError(ValueError):
    """The text is no token of ours; nothing more is said, so that nobody learns why (S37)."""


@dataclass(frozen=True, slots=True)
class OptoutToken:
    """`message_class` is the class of the mail it stood in: one click stops `commercial` or `all` (architecture 11)."""

    subscriber_id: UUID
    location_id: UUID
    message_id: UUID
    message_class: MessageClass
    address_key: str
    hint: str


class TokenKeys:
    """Seals with the current key, opens with every key ever used. Keys are 32 octets (64 after derivation inside AES-SIV: 32 means AES-128)."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys or any(len(key) != 32 for key in keys.values()):
            raise ValueError("token keys need at least one key of 32 octets")
        self._ciphers = {int(key_id): AESSIV(key) for key_id, key in keys.items()}
        self._current = max(self._ciphers)

    def seal(self, token: OptoutToken) -> str:
        """Return the token as base64url text of about 130 letters."""
        key = token.address_key.encode()
        plain = _FIXED.pack(
            _CLASSES.index(token.message_class),
            token.subscriber_id.bytes,
            token.location_id.bytes,
            token.message_id.bytes,
            len(key),
        )
        sealed = self._ciphers[self._current].encrypt(plain + key + token.hint.encode()[:60], [_PURPOSE])
        return base64.urlsafe_b64encode(bytes([self._current]) + sealed).rstrip(b"=").decode()

    def seal_mail(self, plain: bytes, about: UUID) -> str:
        """Return what optout asks the mailer to send, sealed for the request `about`: base64url text. Only holders of these keys can open it."""
        sealed = self._ciphers[self._current].encrypt(plain, [_MAIL, about.bytes])
        return base64.urlsafe_b64encode(bytes([self._current]) + sealed).decode()

    def open_mail(self, text: str, about: UUID) -> bytes:
        """Return what was sealed for this request, or raise TokenRefusedError."""
        try:
            raw = base64.urlsafe_b64decode(text)
            return self._ciphers[raw[0]].decrypt(raw[1:], [_MAIL, about.bytes])
        except (InvalidTag, KeyError, ValueError, IndexError):
            raise TokenRefusedError from None

    def open(self, text: str) -> OptoutToken:
        """Return what was sealed, or raise TokenRefusedError for anything we did not seal ourselves."""
        try:
            if not 40 < len(text) < _LONGEST:
                raise TokenRefusedError
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
                raise TokenRefusedError
            plain = self._ciphers[raw[0]].decrypt(raw[1:], [_PURPOSE])
            index, subscriber, location, message, length = _FIXED.unpack_from(plain)
            rest = plain[_FIXED.size :]
            return OptoutToken(
                UUID(bytes=subscriber),
                UUID(bytes=location),
                UUID(bytes=message),
                _CLASSES[index],
                rest[:length].decode(),
                rest[length:].decode(errors="ignore"),
            )
        except (InvalidTag, KeyError, ValueError, IndexError, struct.error, UnicodeError):
            raise TokenRefusedError from None
