"""Header lines: values are checked, encoded (RFC 2047) and folded (RFC 5322 2.2.3) here, so that no value can ever become a line of its own (S46).

The standard library let an encoded newline inside an encoded word out as a real header line (CVE-2024-6923); so nothing that looks like an
encoded word passes as it is: it is encoded itself and shown to the reader letter by letter.
"""

import base64
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PHRASE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")

LONGEST_VALUE: Final = 1_000
"""Letters of a subject or a display name; ten kilobytes of them are an attack (S46), not a subject."""
_FOLD_AT: Final = 76
_WORD_OCTETS: Final = 42
"""Octets of text in one encoded word: 56 letters of base64 and 12 of frame stay under the 75 of RFC 2047 2."""

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class UnfitHeaderError(ValueError):
    """A header value holds what no header may hold, or too much of it. The value is not repeated."""


def check_text(value: str) -> str:
    """Return `value` if it may stand in a header: no control characters (U+0085 is one), line or paragraph separators, surrogates."""
    if len(value) > LONGEST_VALUE or not (value.isprintable() or _FORBIDDEN.search(value) is None):
        raise UnfitHeaderError
    return value


def text_header(name: str, value: str) -> bytes:
    """Return a line of unstructured text such as Subject, with its CRLF."""
    check_text(value)
    if value.isascii() and "=?" not in value:
        line = f"{name}: {value}"
        if len(line) <= _FOLD_AT:
            return line.encode() + b"\r\n"
        if _is_foldable(value):
            return _fold(line.split(" "))
    return _fold([f"{name}:", *_encoded_words(value)])


def mailbox_header(name: str, display_name: str, address: str) -> bytes:
    """Return a line such as From with a display name and an ASCII address (L-004: the reader sees the business)."""
    check_text(display_name)
    if len(address) > 254 or not is_token(address) or set(address) & set('<>,;"\\()'):
        raise UnfitHeaderError
    if _PHRASE.fullmatch(display_name) and "=?" not in display_name and _is_foldable(display_name):
        words = display_name.split()
    elif display_name.isascii() and "=?" not in display_name and len(display_name) <= _FOLD_AT:
        words = ['"' + display_name.replace("\\", "\\\\").replace('"', '\\"') + '"']
    else:
        words = _encoded_words(display_name)
    return _fold([f"{name}:", *words, f"<{address}>"])


def token_header(name: str, *values: str) -> bytes:
    """Return a line of values without spaces, such as List-Unsubscribe's two URIs; each may take a line of its own, none is cut (L-031)."""
    for value in values:
        if not is_token(value) or len(value) > 900:
            raise UnfitHeaderError
    return _fold([f"{name}:", *values])


def is_token(value: str) -> bool:
    """Tell whether `value` is one word of visible ASCII letters."""
    return value.isascii() and value.isprintable() and " " not in value and value != ""


def format_date(at: datetime) -> str:
    """Return `at` as an RFC 5322 date in UTC (names of days and months are English whatever the locale)."""
    return _write_date(at.astimezone(UTC).replace(microsecond=0))


@lru_cache(maxsize=16)
def _write_date(at: datetime) -> str:
    return f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year:04d} {at.hour:02d}:{at.minute:02d}:{at.second:02d} +0000"


def _is_foldable(value: str) -> bool:
    """No run of spaces would be lost by folding and no word is over-long."""
    return value == " ".join(value.split()) and all(len(word) <= _FOLD_AT - 2 for word in value.split(" "))


def _fold(words: list[str]) -> bytes:
    """Join words with spaces and start a new line before a word that would pass the 76th column."""
    lines, line = [], words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > _FOLD_AT and line[-1:] != ":":
            lines.append(line)
            line = " " + word
        else:
            line += " " + word
    return "\r\n".join([*lines, line]).encode() + b"\r\n"


def _encoded_words(value: str) -> list[str]:
    """Cut `value` between letters into pieces of at most 42 octets of UTF-8 and encode each in base64."""
    pieces, piece, size = [], "", 0
    for letter in value:
        octets = len(letter.encode())
        if size + octets > _WORD_OCTETS:
            pieces.append(piece)
            piece, size = "", 0
        piece, size = piece + letter, size + octets
    pieces.append(piece)
    return [f"=?utf-8?b?{base64.b64encode(piece.encode()).decode()}?=" for piece in pieces]
