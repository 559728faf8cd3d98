"""The one place that knows CRLF and dot-stuffing (RFC 5321 4.5.2): two such places are how mail gets smuggled (S48)."""

from typing import Final

LONGEST_LINE: Final = 998
"""Octets of a line without its CRLF (RFC 5322 2.1.1)."""


class UnfitMessageError(ValueError):
    """The bytes are not a message we would put on the wire."""


def has_fit_lines(text: bytes) -> bool:
    """Tell whether every line of `text` has at most 998 octets and no CR or LF stands alone.

    Looks for a line end in each window of 1,000 octets from the right: six searches in a 5 kB body instead of a split.
    """
    ends = text.count(b"\r\n")
    if text.count(b"\n") != ends or text.count(b"\r") != ends:
        return False
    start, length = 0, len(text)
    while length - start > LONGEST_LINE:
        end = text.rfind(b"\r\n", start, start + LONGEST_LINE + 2)
        if end < 0:
            return False
        start = end + 2
    return True


def to_wire(message: bytes) -> bytes:
    """Return `message` as it goes between 354 and the final dot: checked, dot-stuffed, ended by CRLF, without the dot.

    Raises UnfitMessageError for bare CR or LF, NUL and over-long lines: composing has a bug then, and nothing leaves.
    """
    if not message.endswith(b"\r\n") or not has_fit_lines(message) or b"\0" in message:
        raise UnfitMessageError
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
