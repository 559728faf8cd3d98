"""The envelope of one attempt and its commands: RCPT bytes equal the stored canonical address or nothing is written (S47)."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

_ASCII: Final = re.compile(r"[!#$%&'*+./0-9=?A-Z^_`a-z{|}~-]+@[A-Za-z0-9.-]+")
_WIDE: Final = re.compile(r"[^\x00-\x20\x7f-\xa0\u2028\u2029<>()\[\]\\,;:@\"\ud800-\udfff]+@[A-Za-z0-9.-]+")


class UnfitEnvelopeError(ValueError):
    """An address that is not canonical: never repaired here, because a repaired address is another mailbox (reliability.md finding 3)."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM and RCPT TO of one message. `size` in octets is told to servers that offer SIZE (RFC 1870)."""

    sender: str
    recipient: str
    size: int | None = None

    def __post_init__(self) -> None:
        if not _ASCII.fullmatch(self.sender) or not (
            _ASCII.fullmatch(self.recipient) or _WIDE.fullmatch(self.recipient)
        ):
            raise UnfitEnvelopeError
        if len(self.sender) > 254 or len(self.recipient.encode()) > 254:
            raise UnfitEnvelopeError

    @property
    def needs_smtputf8(self) -> bool:
        """The local part is not ASCII (RFC 6531)."""
        return not self.recipient.isascii()

    def commands(self, features: Collection[str]) -> tuple[bytes, bytes, bytes]:
        """Return MAIL, RCPT and DATA for a server with these EHLO keywords (lower case)."""
        options = f" SIZE={self.size}" if self.size is not None and "size" in features else ""
        if self.needs_smtputf8:
            options += " BODY=8BITMIME SMTPUTF8"
        return (
            f"MAIL FROM:<{self.sender}>{options}\r\n".encode(),
            f"RCPT TO:<{self.recipient}>\r\n".encode(),
            b"DATA\r\n",
        )
