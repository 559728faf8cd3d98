"""Read a mail for a person, whatever its sender did to it: the inbox may show rubbish but never fall over."""

import email
import email.header
import email.parser
import re
from dataclasses import dataclass, field
from email.message import Message

HEADER_LIMIT_BYTES = 256_000
RAW_SHOWN_BYTES = 400_000


@dataclass(frozen=True)
class Reading:
    """What the page shows. `html` and `text` are None where the mail has no such part; `problem` says what could not be read."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    html: str | None = None
    text: str | None = None
    attachments: list[str] = field(default_factory=list)
    raw: str = ""
    raw_is_cut: bool = False
    problem: str = ""


def read_mail(content: bytes) -> Reading:
    """Parse all of it; never raises for bad mail. Takes a second for 10 MB: call it in a thread."""
    raw = content[:RAW_SHOWN_BYTES].decode("utf-8", "replace")
    cut = len(content) > RAW_SHOWN_BYTES
    headers = read_headers(content)
    try:
        html, text, attachments = _parts(email.message_from_bytes(content))
    except Exception as error:  # the parser's ways to fail are not documented; RecursionError is one of them
        return Reading(
            headers=headers, raw=raw, raw_is_cut=cut, problem=f"Its parts cannot be read ({type(error).__name__})."
        )
    return Reading(headers, html, text, attachments, raw, cut)


def read_headers(content: bytes) -> list[tuple[str, str]]:
    """All headers in their order, decoded for reading."""
    head = re.split(rb"\r?\n\r?\n", content[:HEADER_LIMIT_BYTES], maxsplit=1)[0]
    try:
        message = email.parser.BytesHeaderParser().parsebytes(head)
        return [(name, decode_words(str(value))) for name, value in message.items()]
    except Exception:
        return [("", head.decode("latin-1"))]


def decode_words(value: str) -> str:
    """RFC 2047 words as text; what cannot be decoded stays as it is. Line breaks become spaces."""
    try:
        parts = email.header.decode_header(value)
        text = "".join(_decoded(part, charset) if isinstance(part, bytes) else part for part, charset in parts)
    except Exception:
        text = value
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _parts(message: Message) -> tuple[str | None, str | None, list[str]]:
    html: str | None = None
    text: str | None = None
    attachments: list[str] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        attached = part.get_content_disposition() == "attachment"
        if kind == "text/html" and html is None and not attached:
            html = _body(part)
        elif kind == "text/plain" and text is None and not attached:
            text = _body(part)
        else:
            attachments.append(decode_words(str(part.get_filename() or kind)))
    return html, text, attachments


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload())
    return _decoded(payload, part.get_content_charset())


def _decoded(data: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        try:
            return data.decode(name or "utf-8")
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")
