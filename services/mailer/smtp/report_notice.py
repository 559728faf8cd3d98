"""The part of a bounce that is written for people: where it ends and the returned message begins, what was refused, and for whom.

Most of the systems that bounce without RFC 3464 differ only in their phrases; what they share is used here: a notice before a copy, replies
copied from the SMTP session, and the failed addresses standing near them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.mailer.domain.reports import Failure
from services.mailer.smtp.report_mime import Headers, Mail, Part, strip_html
from services.mailer.smtp.report_status import find_addresses, read_failure

_MOST_NOTICE: Final = 24_000
_MOST_RETURNED: Final = 64_000
_MOST_RECIPIENTS: Final = 20
_RETURNED_TYPES: Final = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
    "message/partial",
)

_MARK: Final = re.compile(
    r"^[ \t]*(?:[-=_*]{2,}[^\n]{0,20}(?:original|copy of|copy\b|returned message|unsent|below this line|"
    r"message headers?|header of|undelivered message|body of|non-?delivered message)[^\n]{0,80}"
    r"|[-=_*\s]{0,10}(?:below (?:is|this line)[^\n]{0,30}(?:copy|original)|message headers? follow|"
    r"original (?:message|mail)[^\n]{0,20}(?:follow|:)|the (?:header|body) of the original)[^\n]{0,60}"
    r"|original message(?: headers)?:?|received headers?:?|-{4,}\s?(?:original|ursprüngliche|"
    r"message d'origine|исходное|原)[^\n]{0,40})[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_LINE: Final = re.compile(
    r"(Return-Path|Received|From|To|Subject|Date|Message-ID|MIME-Version|Content-Type|X-[A-Za-z-]{1,40}|"
    r"DKIM-Signature)[ \t]?:",
    re.IGNORECASE,
)
_SAID: Final = re.compile(
    r"^[ \t>]*(?:<<<|<-+)?[ \t]*[45][0-5]\d(?:[ :-]|$)"
    r"|(?:said|repl\w{1,4}|respon\w{1,4}|returned|with|errors?|error message|code|reason|status|diagnostic|"
    r"<<<|[:\]>\"'])[ \t]*[:=#\[(<\"']{0,3}[ \t]*[45][0-5]\d(?:[ :,)#\]\"'-]|$)"
    r"|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    r"^[ \t]*(?:To|Cc|From|Reply-To|An|Von|À|De|Para|A)[ \t]?:[^\n]*$", re.IGNORECASE | re.MULTILINE
)
"""A notice's own summary of the message: whom it was written to is not always who failed."""
_SENDER: Final = re.compile(r"MAIL FROM:?[ \t]?<?([^\s<>]{3,254})", re.IGNORECASE)
_RECIPIENT: Final = re.compile(r"RCPT(?:[ _]TO)?:?[ \t]?<?([^\s<>@]{1,120}@[^\s<>,;:]{1,190})", re.IGNORECASE)


_HELPERS: Final = re.compile(
    r"(?:postmaster|mailer-daemon|abuse|support|help ?desk|admin(?:istrator)?)@", re.IGNORECASE
)
"""Whom a notice tells people to ask stands last: seldom the one who failed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """`text` speaks to people, `returned` holds the octets' text of the message that came back, with `headers` of it."""

    text: str
    returned: str
    headers: Headers


def read_notice(mail: Mail) -> Notice:
    """Return the notice and what was returned with it. HTML is read only where there is no plain text."""
    texts = [_text(part) for part in _readable(mail.parts)]
    notices, copies = [], []
    for text in texts:
        notice, copy = _part_at_copy(text)
        notices.append(notice)
        copies.append(copy)
    returned = [part.text() for part in mail.parts if part.media_type in _RETURNED_TYPES]
    whole = "\n".join((*returned, *copies))[:_MOST_RETURNED]
    return Notice("\n".join(notices)[:_MOST_NOTICE], whole, _headers_in(whole))


def find_refusals(notice: str) -> str:
    """Return the lines that repeat a server's refusal, each with the one that continues it; empty where there are none."""
    lines = notice.split("\n")
    kept: list[str] = []
    for index, line in enumerate(lines):
        if _SAID.search(line) and not line.lstrip().startswith(">>>"):
            kept.append(line.strip())
            following = lines[index + 1].strip() if index + 1 < len(lines) else ""
            if following and not _SAID.search(following):
                kept.append(following)
        if len(kept) > 40:
            break
    return "\n".join(kept)


def judge_notice(notice: str) -> Failure:
    """Read a notice's failure: from its refusals if it repeats any, else from its words alone."""
    refusals = find_refusals(notice)
    return read_failure(refusals) if refusals else Failure(None, None, notice)


def find_recipients(mail: Mail, notice: Notice) -> tuple[str, ...]:
    """Return the failed addresses, the likeliest first: those a header names, those of RCPT, those in the notice, those of the returned message."""
    named = [
        found
        for name in ("x-failed-recipients", "x-bounced-address")
        for found in find_addresses(mail.headers.get(name))
    ]
    if named:
        return tuple(dict.fromkeys(named))[:_MOST_RECIPIENTS]
    written_to = [
        found
        for name in ("to", "cc", "x-original-to", "delivered-to")
        for found in find_addresses(notice.headers.get(name))
    ]
    ours = _fold(
        found
        for value in (
            mail.headers.get("to"),
            mail.headers.get("from"),
            mail.headers.get("delivered-to"),
            notice.headers.get("from"),
        )
        for found in find_addresses(value)
    ) | _fold(find_addresses(notice.headers.get("return-path")) + _SENDER.findall(notice.text))
    at_rcpt = [found.rstrip(".") for found in _RECIPIENT.findall(notice.text)]
    mentioned = [found for found in find_addresses(notice.text) if found.lower() not in ours]
    known = _fold(written_to)
    likely = [found for found in mentioned if found.lower() in known]
    told = [found for found in find_addresses(_QUOTED.sub("", notice.text)) if found.lower() not in ours]
    ordered = (*at_rcpt, *likely, *told, *mentioned) if mentioned or at_rcpt else written_to
    unique = {found.lower(): found for found in ordered}.values()
    return tuple(sorted(unique, key=lambda found: _HELPERS.match(found) is not None))[:_MOST_RECIPIENTS]


def _readable(parts: tuple[Part, ...]) -> list[Part]:
    plain = [part for part in parts if part.media_type == "text/plain" and part.octets.strip()]
    return (
        plain
        or [part for part in parts if part.media_type.startswith("text/") and part.media_type not in _RETURNED_TYPES]
    )[:20]


def _text(part: Part) -> str:
    text = part.text()
    return strip_html(text) if text.lstrip()[:200].lower().startswith(("<html", "<!doctype html")) else text


def _part_at_copy(text: str) -> tuple[str, str]:
    """Cut a text where the returned message begins: at the line that announces it, or where header lines begin without one."""
    cut = len(text)
    if found := _MARK.search(text):
        cut = found.start()
    run, start, at = 0, 0, 0
    for line in text[:cut].split("\n"):
        if _HEADER_LINE.match(line):
            start = at if run == 0 else start
            run += 1
            if run >= 3 or line.lower().startswith(("received:", "return-path:")):
                return text[:start], text[start:]
        elif not (run and line[:1] in (" ", "\t")):
            run = 0
        at += len(line) + 1
    return text[:cut], text[cut:]


def _headers_in(returned: str) -> Headers:
    """Return the first header block of what was returned, wherever it begins; announcements and indents before it do not matter."""
    lines = returned.split("\n")[:400]
    start = next((index for index, line in enumerate(lines) if _HEADER_LINE.match(line.lstrip())), 0)
    indent = len(lines[start]) - len(lines[start].lstrip()) if lines else 0
    return Headers("\n".join(line[indent:] if line[:indent].isspace() else line for line in lines[start:]).encode())


def _fold(addresses: Iterable[str]) -> set[str]:
    return {found.strip("<>.,;:").lower() for found in addresses}
