"""An answer that a consumer wrote to us, on its way to the business: what may go on, and its octets (L-110, N-105, S57).

The body passes untouched; of the head only what a reader needs. From becomes ours, because a foreign From would fail the writer's DMARC policy at the
business's server (RFC 7489 10.1); Reply-To leads back to the writer.
"""

import re
from dataclasses import dataclass
from typing import Final

from services.mailer.smtp.headers import UnfitHeaderError, mailbox_header, text_header, token_header
from services.mailer.smtp.report_mime import Headers, decode_words, read_mail
from services.mailer.smtp.report_status import find_addresses
from shared.schemas.address import AddressRefusedError, canonical_address

MOST_HOPS: Final = 30
"""Received fields of a mail that still moves (RFC 5321 6.3 asks for a limit; ordinary mail has fewer than ten)."""
LOOP_HEADER: Final = "X-Dueback-Forwarded"
_LISTS: Final = ("list-id", "list-post", "list-unsubscribe", "list-help", "mailing-list", "x-mailing-list")
_KEPT: Final = (
    "date", "message-id", "in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding", "content-disposition",
    "content-language",
)  # fmt: skip
_MOST_FIELD: Final = 8_000
_MOST_LINE: Final = 998
_END: Final = re.compile(rb"\r?\n\r?\n")
_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Forward:
    """A mail to hand over: envelope, and octets with CRLF line ends."""

    sender: str
    recipient: str
    data: bytes


def is_loop(raw: bytes, *, sender: str, domain: str, reply_to: str) -> bool:
    """Tell whether a mail must not go on: it has come from us, from a list or from the very mailbox it would go to, or has gone round too often.

    `sender` is its envelope sender, `domain` ours, `reply_to` the business's mailbox.
    """
    headers = read_mail(raw).headers
    names = [name for name, _ in headers.fields]
    ours = (sender, reply_to)
    return (
        not sender.strip("<> ")
        or names.count("received") > MOST_HOPS
        or LOOP_HEADER.lower() in headers
        or any(name in headers for name in _LISTS)
        or any(address.rpartition("@")[2].lower().rstrip(".") == domain for address in ours)
        or sender.lower() == reply_to.lower()
    )


def make_forward(
    raw: bytes, *, sender: str, return_path: str, header_from: str, recipient: str, business: str
) -> Forward:
    """Return `raw` as it goes on to `recipient`, the mailbox of `business`.

    `return_path` is our envelope sender, `header_from` our mailbox that the reader sees. A head that no header may hold is left out, never repaired.
    """
    found = _END.search(raw)
    head, body = (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")
    headers = read_mail(raw).headers
    lines = [
        *_fields(head, "received", most=MOST_HOPS),
        mailbox_header("From", _name(headers, business), header_from),
        token_header("To", f"<{recipient}>"),
        *_reply_to(headers, sender),
        text_header("Subject", _clean(headers.text("subject"), 300)),
        token_header(LOOP_HEADER, "yes"),
        b"X-Auto-Response-Suppress: All\r\n",
        *(line for name in _KEPT for line in _fields(head, name, most=1)),
    ]
    return Forward(return_path, recipient, b"".join(lines) + b"\r\n" + body)


def _fields(head: bytes, name: str, *, most: int) -> list[bytes]:
    """Return fields of this name as they came, each with its CRLF; over-long or unprintable ones are left out."""
    kept: list[bytes] = []
    for field in re.split(rb"\r?\n(?![ \t])", head):
        if field[: len(name) + 1].lower() != name.encode() + b":" or len(field) > _MOST_FIELD:
            continue
        lines = field.replace(b"\r\n", b"\n").split(b"\n")
        if all(
            len(line) <= _MOST_LINE and line.isascii() and b"\r" not in line and b"\0" not in line for line in lines
        ):
            kept.append(b"\r\n".join(lines) + b"\r\n")
        if len(kept) == most:
            break
    return kept


def _name(headers: Headers, business: str) -> str:
    """Return a display name that says who wrote and that this is a forward; a name that looks like an address is not shown as one."""
    written = decode_words(headers.get("from").partition("<")[0]).replace('"', "")
    name = _clean(written, _LONGEST_NAME).replace("@", " at ") or "A consumer"
    return f"{name} (to {_clean(business, _LONGEST_NAME)})"


def _reply_to(headers: Headers, sender: str) -> list[bytes]:
    """Return Reply-To with the writer's mailbox: the one of Reply-To or From, else the envelope sender; nothing where none can stand in a header."""
    for value in (headers.get("reply-to"), headers.get("from"), sender):
        for address in find_addresses(value)[:1]:
            try:
                return [token_header("Reply-To", f"<{canonical_address(address).address}>")]
            except (AddressRefusedError, UnfitHeaderError):
                continue
    return []


def _clean(text: str, most: int) -> str:
    return _UNFIT.sub(" ", text).strip()[:most]
