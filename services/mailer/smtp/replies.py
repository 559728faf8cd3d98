"""Strict parser of SMTP replies (RFC 5321 4.2, RFC 2034): what is not exactly a reply is garbage, and garbage decides nothing.

Client libraries turn a two-digit or non-numeric line into a refusal that looks definite (reliability.md 2.2); here it raises.
"""

import re
from functools import lru_cache
from typing import Final

from services.mailer.domain.outcomes import Reply

_LONGEST_LINE: Final = 2_048
"""Octets a line may have; RFC 5321 says 512, real servers write long explanations."""
_MOST_LINES: Final = 64
_LONGEST_TEXT: Final = 500

_LINE: Final = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\x00-\x08\x0a-\x1f\x7f]*))?")
_ENHANCED: Final = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?:\s|$)")


class GarbledReplyError(Exception):
    """The peer sent something that is no reply. The bytes are not repeated: they may hold anything."""


class ReplyReader:
    """Cuts a byte stream into replies. One per connection; after GarbledReplyError it must not be fed again."""

    __slots__ = ("_code", "_rest", "_texts")

    def __init__(self) -> None:
        self._rest = b""
        self._code = b""
        self._texts: list[bytes] = []

    def feed(self, data: bytes) -> list[Reply]:
        """Return the replies completed by `data`, or raise GarbledReplyError."""
        *lines, rest = (self._rest + data).split(b"\r\n")
        if len(rest) > _LONGEST_LINE or b"\n" in rest:
            raise GarbledReplyError("line without end")
        self._rest = rest
        replies = []
        for line in lines:
            reply = self._take(line) if self._texts or line[3:4] != b" " else _read_line(line)
            if reply:
                replies.append(reply)
        return replies

    def _take(self, line: bytes) -> Reply | None:
        code, mark, text = _split_line(line)
        if self._texts and code != self._code:
            raise GarbledReplyError("code changed inside a reply")
        self._code = code
        self._texts.append(text or b"")
        if mark == b"-":
            if len(self._texts) >= _MOST_LINES:
                raise GarbledReplyError("endless reply")
            return None
        texts, self._texts = self._texts, []
        return _make_reply(int(code), texts)


def _split_line(line: bytes) -> tuple[bytes, bytes | None, bytes | None]:
    match = _LINE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
    if match is None:
        raise GarbledReplyError("no reply line")
    return match[1], match[2], match[3]


@lru_cache(maxsize=256)
def _read_line(line: bytes) -> Reply:
    """Read a reply of one line. Cached: a relay answers MAIL, RCPT and DATA with the same words a thousand times an hour."""
    code, _, text = _split_line(line)
    return _make_reply(int(code), [text or b""])


def _make_reply(code: int, texts: list[bytes]) -> Reply:
    """Join the lines into one; an enhanced code is believed only if its class fits the reply code (RFC 2034 4)."""
    text = " ".join(part.decode("utf-8", "replace") for part in texts)
    match = _ENHANCED.match(text)
    if match is None or match[1] != str(code // 100):
        return Reply(code, None, text[:_LONGEST_TEXT])
    lines = [part.decode("utf-8", "replace").removeprefix(match[0].strip()).strip() for part in texts]
    return Reply(code, (int(match[1]), int(match[2]), int(match[3])), " ".join(lines)[:_LONGEST_TEXT])
