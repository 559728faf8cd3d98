"""The bytes of a message: a skeleton filled per recipient, without the standard library's e-mail classes (2,600 us a message; this takes about 30).

What is the same for every message of a location and class is built and checked once, in `Skeleton`.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from services.mailer.smtp.calendar import CalendarFile
from services.mailer.smtp.headers import (
    UnfitHeaderError,
    check_text,
    format_date,
    mailbox_header,
    text_header,
    token_header,
)
from services.mailer.smtp.parts import encode_part
from services.mailer.smtp.verp import ReturnAddresses

Sign = Callable[[Sequence[bytes], bytes], bytes]
"""The seam for DKIM: given all header lines (each with its CRLF) and the body it returns the signature lines that go in front."""

_ONE_CLICK: Final = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
_FIXED: Final = b"Auto-Submitted: auto-generated\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n"
_BULK: Final = b"Precedence: bulk\r\n"
_SPECIAL: Final = re.compile(r'[ <>,;"\\()]')
_TEXT: Final = b"\r\nContent-Type: text/plain; charset=utf-8\r\n"
_HTML: Final = b"\r\nContent-Type: text/html; charset=utf-8\r\n"
_ALTERNATIVE: Final = b'multipart/alternative;\r\n boundary="%b"\r\n'
_MIXED: Final = b'multipart/mixed;\r\n boundary="%b"\r\n'


@dataclass(frozen=True, slots=True)
class SenderLines:
    """Who the reader sees. `list_id` is stable per location and class (RFC 2919, L-038); `mail_domain` receives bounces and mailed opt-outs.

    An empty `list_id` is mail a person asked for or needs: no list headers (RFC 2369), no Precedence.
    """

    display_name: str
    header_from: str
    reply_to: str
    list_id: str
    mail_domain: str
    feedback_id: str = ""


class Letter(NamedTuple):
    """What differs from message to message. `recipient` is the canonical address, `optout_url` the one-click https URI (RFC 8058).

    `calendar` files are attached behind the words.
    """

    message_id: UUID
    recipient: str
    subject: str
    text: str
    html: str
    at: datetime
    optout_url: str
    calendar: tuple[CalendarFile, ...] = ()


class Composed(NamedTuple):
    """A message as it stands before dot-stuffing. `sha256` proves later what was sent (L-020).

    It leaves out the `signature_octets` in front: keys are rotated and deleted, and whoever holds the mail can take the signature lines off.
    """

    data: bytes
    message_id_header: str
    recipient: str
    signature_octets: int = 0

    @property
    def sha256(self) -> bytes:
        """Hash of the bytes sent, from the first header that is not a signature."""
        return hashlib.sha256(memoryview(self.data)[self.signature_octets :]).digest()


class Skeleton:
    """Composes the messages of one location, class and content version. Raises UnfitHeaderError for sender lines no header may hold."""

    def __init__(self, sender: SenderLines, returns: ReturnAddresses) -> None:
        self._returns = returns
        self._domain = sender.mail_domain
        self._from = mailbox_header("From", sender.display_name, sender.header_from)
        self._common: list[bytes] = [
            token_header("Reply-To", f"<{sender.reply_to}>"),
            *([_ONE_CLICK, token_header("List-Id", f"<{sender.list_id}>")] if sender.list_id else []),
            *([token_header("Feedback-ID", sender.feedback_id)] if sender.feedback_id else []),
            *(_FIXED if sender.list_id else _FIXED.replace(_BULK, b"")).splitlines(keepends=True),
        ]
        self._is_list = bool(sender.list_id)

    def message_id_of(self, message_id: UUID) -> str:
        """Return the Message-ID header's value: derived from the id alone, so it stands before the first attempt and never changes."""
        return f"<{message_id}@{self._domain}>"

    def sender_of(self, message_id: UUID) -> str:
        """Return the envelope sender (VERP) of a message: also fixed before the first attempt."""
        return f"{self._returns.mint('b', message_id)}@{self._domain}"

    def compose(self, letter: Letter, sign: Sign | None = None) -> Composed:
        """Return the bytes of `letter`, signed if `sign` is given. Raises UnfitHeaderError for a subject or address no header may hold."""
        name = letter.message_id.hex
        message_id_header = self.message_id_of(letter.message_id)
        mailto = f"<mailto:{self._returns.mint('unsub', letter.message_id)}@{self._domain}>"
        headers = [
            self._from,
            _recipient_header(letter.recipient),
            text_header("Subject", letter.subject),
            f"Date: {format_date(letter.at)}\r\nMessage-ID: {message_id_header}\r\n".encode(),
            *([token_header("List-Unsubscribe", f"<{letter.optout_url}>,", mailto)] if self._is_list else []),
            *self._common,
        ]
        content_type, body = _make_body(name, letter.text, letter.html)
        if letter.calendar:
            content_type, body = _attach(name, content_type, body, letter.calendar)
        headers.append(b"Content-Type: " + content_type)
        signature = sign(headers, body) if sign else b""
        data = b"".join((signature, *headers, b"\r\n", body))
        return Composed(data, message_id_header, letter.recipient, len(signature))


def _recipient_header(recipient: str) -> bytes:
    """To holds the bare address. A non-ASCII local part stands in UTF-8 and the envelope says SMTPUTF8 (RFC 6532)."""
    if _SPECIAL.search(check_text(recipient)):
        raise UnfitHeaderError
    return f"To: <{recipient}>\r\n".encode()


def _make_body(name: str, text: str, html: str) -> tuple[bytes, bytes]:
    """Return content type and body of the words."""
    text_encoding, text_octets = encode_part(text)
    html_encoding, html_octets = encode_part(html)
    boundary = _unused(b"=_" + name.encode(), text_octets, html_octets)
    mark = b"--" + boundary
    parts = (mark, _TEXT, text_encoding, text_octets, mark, _HTML, html_encoding, html_octets, mark, b"--\r\n")
    return _ALTERNATIVE % boundary, b"".join(parts)


def _attach(name: str, content_type: bytes, body: bytes, files: Sequence[CalendarFile]) -> tuple[bytes, bytes]:
    """Return content type and body of the words with files behind them: attached, so that Outlook shows the mail as it is."""
    boundary = _unused(b"=.m" + name.encode(), body)
    mark = b"--" + boundary
    parts = [mark, b"\r\nContent-Type: ", content_type, b"\r\n", body]
    for file in files:
        parts += [mark, _file_headers(file), *encode_part(file.text)]
    return _MIXED % boundary, b"".join((*parts, mark, b"--\r\n"))


def _file_headers(file: CalendarFile) -> bytes:
    return (
        f'\r\nContent-Type: text/calendar; charset=utf-8; method={file.method};\r\n name="{file.name}"\r\n'
        f'Content-Disposition: attachment; filename="{file.name}"\r\n'
    ).encode()


def _unused(boundary: bytes, *parts: bytes) -> bytes:
    """Lengthen a boundary that occurs in a part (someone put it there) until it does not."""
    while any(boundary in part for part in parts):
        boundary += b"_"
    return boundary
