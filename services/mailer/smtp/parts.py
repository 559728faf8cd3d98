"""The body parts of a message: CRLF lines and a transfer encoding that survives every relay, chosen by looking at the bytes.

Plain ASCII with short lines goes as 7bit, which costs nothing; all else as quoted-printable. 8bit is not used: a relay that has to convert it
breaks the signature (RFC 6376 5.3).
"""

import binascii
from typing import Final

from services.mailer.smtp.serialize import has_short_lines

_SEVEN: Final = b"Content-Transfer-Encoding: 7bit\r\n\r\n"
_QUOTED: Final = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"


def encode_part(text: str) -> tuple[bytes, bytes]:
    """Return the transfer-encoding line with the blank line behind it, and the encoded text ending in CRLF.

    Any kind of line end counts as one; lone surrogates, which JSON can carry and UTF-8 cannot, become question marks.
    """
    raw = text.encode("utf-8", "replace")
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    raw = raw.replace(b"\n", b"\r\n")
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    if raw.isascii() and b"\0" not in raw and has_short_lines(raw):
        return _SEVEN, raw
    return _QUOTED, _quote(raw)


def _quote(raw: bytes) -> bytes:
    """Quoted-printable by the C function, which takes its line ends from the first one it meets: CRLF."""
    return binascii.b2a_qp(raw, istext=True)
