"""Seals what people told us themselves, in the privacy mailbox or a sign-up: no data key of a subscriber keeps it."""

from collections.abc import Mapping
from uuid import UUID

from shared.kit.crypto import FieldCipher, derive


class MailSeal:
    """Seals under keys derived from the opt-out link keys, which are never removed; the highest seals, all open (S80)."""

    def __init__(self, keys: Mapping[str, bytes], table: str = "privacy_mails") -> None:
        self._table = table
        self._ciphers = {int(key_id): FieldCipher(int(key_id), derive(key, table)) for key_id, key in keys.items()}
        self._current = max(self._ciphers)

    def close(self, row_id: UUID, plain: bytes) -> bytes:
        """Return the sealed text of one row."""
        return self._ciphers[self._current].encrypt(plain, self._place(row_id))

    def open(self, row_id: UUID, sealed: bytes) -> bytes:
        """Return the text of one row or raise UndecryptableError."""
        return self._ciphers.get(sealed[0], self._ciphers[self._current]).decrypt(sealed, self._place(row_id))

    def _place(self, row_id: UUID) -> bytes:
        return f"{self._table}.sealed:".encode() + row_id.bytes
