"""The one place that knows CRLF and dot-stuffing (RFC 5321 4.5.2): two such places are how mail gets smuggled (S48)."""

import re
from typing import Final

_BARE_CR: Final = re.compile(rb"\r(?!\n)")
_ODD_CR: Final = re.compile(rb"\r(?!\n(?:[^.]|\Z))")
"""A CR that stands alone, or that ends a line before one that begins with a dot: most messages have neither, and one search tells."""
_OTHERS: Final = bytes(set(range(256)) - set(b"\0\r\n"))

LONGEST_LINE: Final = 998
"""Octets of a line without its CRLF (RFC 5322 2.1.1)."""


class UnfitMessageError(ValueError):
    """The bytes are not a message we would put on the wire."""


def has_short_lines(text: bytes) -> bool:
    """Tell whether every CRLF line of `text` has at most 998 octets.

    Looks for a line end in each window of 1,000 octets from the right: six searches in a 5 kB body instead of a split.
    """
    start, length = 0, len(text)
    while length - start > LONGEST_LINE:
        end = text.rfind(b"\r\n", start, start + LONGEST_LINE + 2)
        if end < 0:
            return False
        start = end + 2
    return True


def to_wire(message: bytes) -> bytes:
    """Return `message` as it goes between 354 and the final dot: checked, dot-stuffed, ended by CRLF, without the dot.

    Raises UnfitMessageError for bare CR or LF, NUL and over-long lines: composing has a bug then, and nothing leaves. CR and LF taking turns,
    without a NUL, and every CR before an LF means that none stands alone (half the cost of counting).
    """
    ends = message.translate(None, _OTHERS)
    is_odd = _ODD_CR.search(message) is not None
    is_paired = ends == b"\r\n" * (len(ends) // 2) and not (is_odd and _BARE_CR.search(message))
    if not is_paired or not message.endswith(b"\r\n") or not has_short_lines(message):
        raise UnfitMessageError
    if is_odd:
        message = message.replace(b"\r\n.", b"\r\n..")
    return b"." + message if message.startswith(b".") else message
