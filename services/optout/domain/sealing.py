"""Seals what people wrote to the privacy mailbox: it belongs to no subscriber, so no data key of a subscriber can keep it."""

from collections.abc import Mapping
from uuid import UUID

from shared.kit.crypto import FieldCipher, derive


class MailSeal:
    """Seals under keys derived from the opt-out link keys, which are never removed; the highest seals, all open (S80)."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {
            int(key_id): FieldCipher(int(key_id), derive(key, "privacy_mails")) for key_id, key in keys.items()
        }
        self._current = max(self._ciphers)

    def close(self, mail_id: UUID, plain: bytes) -> bytes:
        """Return the sealed text of one mail."""
        return self._ciphers[self._current].encrypt(plain, _place(mail_id))

    def open(self, mail_id: UUID, sealed: bytes) -> bytes:
        """Return the text of one mail or raise UndecryptableError."""
        return self._ciphers.get(sealed[0], self._ciphers[self._current]).decrypt(sealed, _place(mail_id))


def _place(mail_id: UUID) -> bytes:
    return b"privacy_mails.sealed:" + mail_id.bytes
