"""Reads any octets as mail, without ever failing and without recursion: what comes back as a bounce is often no valid MIME.

The standard library's parser delegates through one generator per nesting level and reads every header, so a message of a thousand nested parts
or a hundred thousand headers costs what its sender likes (S49); here every dimension has a limit and what lies beyond is not read.
"""

import base64
import binascii
import codecs
import html
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST_OCTETS: Final = 2_000_000
"""Reports say what they have to say at the top; behind it comes the returned message."""
_MOST_LINES: Final = 40_000
"""Two megabytes of ordinary lines; what is cut into lines costs an object a line."""
_MOST_PARTS: Final = 1_000
_DEEPEST: Final = 8
_MOST_HEADERS: Final = 500
_MOST_HEADER_OCTETS: Final = 128_000
_MOST_TEXT: Final = 128_000
_MOST_LINE: Final = 4_000

_MOST_WRAPS: Final = 3
_REPORT_PARTS: Final = ("message/delivery-status", "message/global-delivery-status", "message/feedback-report")

_ENDS: Final = (b"\r\r\r\n", b"\r\r\n", b"\r\n", b"\r")
"""Gateways that turn LF into CRLF do it twice."""
_BLANK: Final = re.compile(rb"\n[ \t]*\n")
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,75})[ \t]?:(.*)")
_BOUNDARY: Final = re.compile(r'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_GUESSED: Final = re.compile(rb"^--([^\n]{1,200})\n(?=Content-[A-Za-z-]+:)", re.MULTILINE | re.IGNORECASE)
_WORD: Final = re.compile(
    r"=\?([A-Za-z0-9_-]{1,40})(?:\*[A-Za-z-]{1,20})?\?([BbQq])\?([^?\s]{0,400})\?=(?:\s+(?==\?))?"
)
_HIDDEN: Final = re.compile(r"<(?:(script|style|head|title)\b|!--)", re.IGNORECASE)
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/td|hr)\b[^<>]{0,300}>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[/!?a-z][^<>]{0,2000}>", re.IGNORECASE)
_NO_CHARSETS: Final = frozenset(
    ("ascii", "idna", "punycode", "unicode_escape", "raw-unicode-escape", "unicode-escape", "undefined")
)
"""What Python can decode and no mail is written in (punycode takes quadratic time), and the default that says nothing."""


class Headers:
    """A header block: names folded to lower case, values unfolded, the first of each name counting."""

    def __init__(self, block: bytes) -> None:
        self.fields = list(read_fields(block[:_MOST_HEADER_OCTETS].decode("utf-8", "replace")))
        self._first: dict[str, str] = {}
        for name, value in self.fields:
            self._first.setdefault(name, value)

    def get(self, name: str) -> str:
        """Return a header's value or the empty string."""
        return self._first.get(name, "")

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def text(self, name: str) -> str:
        """Return a header's value with its encoded words (RFC 2047) read."""
        return decode_words(self.get(name))


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf: its media type in lower case, its own headers, its octets as they came, and how they are encoded."""

    media_type: str
    headers: Headers
    octets: bytes

    def decoded(self) -> bytes:
        """Return the octets without their transfer encoding, which a returned message should not have (RFC 2046 5.2.1) and sometimes has."""
        return _decode_transfer(self.octets, self.headers.get("content-transfer-encoding"))

    def text(self) -> str:
        """Return the part as text, whatever its charset claims; of HTML what a reader would see."""
        octets = _decode_transfer(self.octets[: 2 * _MOST_TEXT], self.headers.get("content-transfer-encoding"))
        found = _CHARSET.search(self.headers.get("content-type"))
        text = decode_octets(octets, found[1] if found else "")[:_MOST_TEXT]
        return strip_html(text) if self.media_type == "text/html" else cut_lines(text)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as leaves in their order; `message/rfc822` is a leaf, because what was returned to us must not be read as a report."""

    headers: Headers
    media_type: str
    parts: tuple[Part, ...]


def read_mail(raw: bytes) -> Mail:
    """Read a mail; of more than two megabytes, or of very many lines, only the beginning."""
    octets = raw[:MOST_OCTETS]
    for end in _ENDS:
        octets = octets.replace(end, b"\n")
    octets = _cut_lines_off(octets.replace(b"\0", b"").lstrip(b"\n"))
    if octets.startswith((b"From ", b">From ")):
        octets = octets[octets.find(b"\n") + 1 :]
    head, body = _split(octets)
    headers = Headers(head)
    return Mail(headers, media_type_of(headers), tuple(_leaves(headers, body)))


def _cut_lines_off(octets: bytes) -> bytes:
    lines = octets.split(b"\n", _MOST_LINES)
    return octets[: len(octets) - len(lines[-1])] if len(lines) > _MOST_LINES else octets


def unwrap_report(mail: Mail) -> Mail:
    """Return the report that a mail carries as an attachment, where it is none itself: gateways and people forward reports whole.

    What a report returns is never looked into: there stands what we had sent, or what somebody wants us to believe.
    """
    for _ in range(_MOST_WRAPS):
        if mail.media_type == "multipart/report" or any(part.media_type in _REPORT_PARTS for part in mail.parts):
            return mail
        inner = next((read_mail(part.decoded()) for part in mail.parts if part.media_type == "message/rfc822"), None)
        if inner is None or inner.media_type not in ("multipart/report", "message/rfc822"):
            return mail
        mail = inner
    return mail


def read_fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name in lower case, unfolded value) of a header block; lines that are none are passed over."""
    name, value = "", ""
    count = 0
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and name:
            if len(value) < _MOST_LINE:
                value += " " + line.strip()
            continue
        if name:
            yield name, value.strip()
            count += 1
            if count >= _MOST_HEADERS:
                return
        found = _FIELD.match(line[:_MOST_LINE])
        name, value = (found[1].lower(), found[2]) if found else ("", "")
    if name:
        yield name, value.strip()


def media_type_of(headers: Headers) -> str:
    """Return type and subtype in lower case; text/plain where there is nothing better (RFC 2045 5.2)."""
    value = headers.get("content-type").split(";")[0].strip().lower()
    return value if value.count("/") == 1 else "text/plain"


def _leaves(headers: Headers, body: bytes) -> Iterator[Part]:
    waiting = [(headers, body, 0)]
    seen = 0
    while waiting and seen < _MOST_PARTS:
        seen += 1
        head, octets, depth = waiting.pop()
        kind = media_type_of(head)
        found = _BOUNDARY.search(head.get("content-type")) if kind.startswith("multipart/") else None
        pieces = _cut(octets, (found[1] or found[2]).encode()) if found and depth < _DEEPEST else []
        if not pieces:
            yield Part("text/plain" if kind.startswith("multipart/") else kind, head, octets)
            continue
        for piece in reversed(pieces[: _MOST_PARTS - seen]):
            inner, content = _split(piece)
            waiting.append((Headers(inner), content, depth + 1))


def _cut(body: bytes, boundary: bytes) -> list[bytes]:
    """Cut at a boundary; if it never comes, at the one the body itself begins its parts with (gateways rewrite one and forget the other)."""
    mark = b"--" + boundary.strip()
    if not body.startswith(mark) and b"\n" + mark not in body:
        guessed = _GUESSED.search(body)
        if guessed is None:
            return []
        mark = b"--" + guessed[1].strip()
    pieces = (b"\n" + body).split(b"\n" + mark, _MOST_PARTS + 1)
    kept: list[bytes] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        if kept and not piece[:1].isspace():  # the boundary of a part inside begins with this one's
            kept[-1] += b"\n" + mark + piece
            continue
        kept.append(piece.partition(b"\n")[2])
    return kept


def _split(octets: bytes) -> tuple[bytes, bytes]:
    """Split head and body. A part without any header begins with an empty line, or with no header line at all."""
    if octets.startswith(b"\n"):
        return b"", octets[1:]
    first = octets[: octets.find(b"\n")] if b"\n" in octets else octets
    if not _FIELD.match(first[:200].decode("ascii", "replace")):
        return b"", octets
    blank = _BLANK.search(octets)
    return (octets[: blank.start()], octets[blank.end() :]) if blank else (octets, b"")


def _decode_transfer(octets: bytes, encoding: str) -> bytes:
    match encoding.strip().lower():
        case "base64":
            try:
                return base64.b64decode(re.sub(rb"[^A-Za-z0-9+/]", b"", octets) + b"==")
            except binascii.Error:
                return octets
        case "quoted-printable":
            return quopri.decodestring(octets)
        case _:
            return octets


def decode_octets(octets: bytes, charset: str) -> str:
    """Return text: by its charset if that is known and true, else by what the octets look like; never an error."""
    guesses = [charset, "utf-8"]
    if b"\x1b$" in octets or b"\x1b(" in octets:
        guesses.insert(0, "iso2022_jp")
    for guess in guesses:
        try:
            if guess and codecs.lookup(guess).name not in _NO_CHARSETS:
                return octets.decode(guess)
        except (LookupError, ValueError):
            continue
    return octets.decode("latin-1")


def decode_words(value: str) -> str:
    """Read encoded words; a broken one stays as it is."""

    def read(found: re.Match[str]) -> str:
        octets = found[3].encode("ascii", "replace")
        spaced = octets.replace(b"_", b" ")
        plain = _decode_transfer(octets, "base64") if found[2] in "Bb" else quopri.decodestring(spaced)
        return decode_octets(plain, found[1])

    return _WORD.sub(read, value[:_MOST_LINE])


def strip_html(text: str) -> str:
    """Return what a reader sees of HTML, one line per block."""
    shown = _TAG.sub(" ", _BREAK.sub("\n", _drop_hidden(text)))
    return cut_lines(html.unescape(shown).replace("\xa0", " "))


def _drop_hidden(text: str) -> str:
    """Drop style, script, head and comments in one pass; what is never closed hides the rest, as in a browser."""
    kept, at, lower = [], 0, text.lower()
    while found := _HIDDEN.search(text, at):
        kept.append(text[at : found.start()])
        close = f"</{found[1].lower()}" if found[1] else "-->"
        end = lower.find(close, found.end())
        if end < 0:
            return " ".join(kept)
        after = text.find(">", end)
        at = after + 1 if after >= 0 else len(text)
    return " ".join((*kept, text[at:]))


def cut_lines(text: str) -> str:
    """Cut over-long lines, so that no search over a line costs more than its limit."""
    return "\n".join(line[:_MOST_LINE] for line in text.split("\n"))
