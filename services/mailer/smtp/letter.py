"""What a person wrote, as plain text within limits: for a mail that is handed on as words and not as octets."""

import re
from dataclasses import dataclass
from typing import Final

from services.mailer.smtp.forward import LOOP_HEADER, MOST_HOPS
from services.mailer.smtp.report_mime import read_mail
from services.mailer.smtp.report_notice import read_notice
from services.mailer.smtp.report_replies import is_automatic, own_words, read_refusal
from services.mailer.smtp.report_status import find_addresses
from shared.schemas.optout import PrivacyWish

MOST_TEXT: Final = 20_000
_LONGEST_SUBJECT: Final = 300
_LONGEST_ADDRESS: Final = 254
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+")
_LINE_CONTROLS: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """`writer` is the mailbox to answer to, perhaps empty; `text` has what was written and what was quoted; attachments are only counted.

    `header_from` is the one mailbox of From, empty where it names none or several; `asks` what the writer's own words were understood to want.
    """

    writer: str
    subject: str
    text: str
    attachments: int
    header_from: str
    asks: PrivacyWish


def read_letter(raw: bytes, *, sender: str) -> Letter | None:
    """Return what a person wrote, or None where a machine did, or where the mail goes round (RFC 3834, S57). `sender` is the envelope sender."""
    mail = read_mail(raw)
    hops = sum(name == "received" for name, _ in mail.headers.fields)
    if not sender.strip("<> ") or hops > MOST_HOPS or LOOP_HEADER.lower() in mail.headers or is_automatic(mail.headers):
        return None
    notice = read_notice(mail)
    writers = find_addresses(mail.headers.get("from"))
    named = [*find_addresses(mail.headers.get("reply-to")), *writers]
    header_from = writers[0] if len(writers) == 1 else ""
    text = "\n".join(part for part in (notice.text, notice.returned) if part.strip())
    return Letter(
        writer=_LINE_CONTROLS.sub("", (named or [sender])[0])[:_LONGEST_ADDRESS],
        subject=_LINE_CONTROLS.sub(" ", mail.headers.text("subject")).strip()[:_LONGEST_SUBJECT],
        text=_CONTROLS.sub(" ", text)[:MOST_TEXT],
        attachments=sum(not part.media_type.startswith("text/") for part in mail.parts),
        header_from=_LINE_CONTROLS.sub("", header_from)[:_LONGEST_ADDRESS],
        asks=_read_wish(mail.headers.text("subject"), notice.text, header_from),
    )


def _read_wish(subject: str, text: str, header_from: str) -> PrivacyWish:
    """Return what is asked for. A refusal that names an address is one of its writer's; of another's address a person decides (N-35)."""
    words = own_words(text) or subject
    named = find_addresses(words)
    for address in named:
        subject, text = subject.replace(address, ""), text.replace(address, "")
    refuses = read_refusal(subject, text)
    if refuses:
        return "optout" if {each.lower() for each in named} <= {header_from.lower()} else "optout_and_more"
    return "other" if refuses is None else "optout_unclear"
