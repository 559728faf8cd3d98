"""The machine-readable parts of reports: delivery status (RFC 3464), feedback (RFC 5965) and the JSON some relays mail instead.

They are read wherever they stand, in a part of their own or as lines in the text, because gateways flatten reports.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.mailer.domain.outcomes import Phase
from services.mailer.domain.reports import Failure, read_code, read_status
from services.mailer.smtp.report_mime import read_fields

_MOST_GROUPS: Final = 100
_STATUS_LINES: Final = re.compile(
    r"^[ \t>]*(?:Final-Recipient|Original-Recipient|Action|Status|Diagnostic-Code)[ \t]?:", re.IGNORECASE | re.MULTILINE
)
_FEEDBACK_LINE: Final = re.compile(r"^Feedback-Type[ \t]?:[ \t]*([a-z-]{1,30})", re.IGNORECASE | re.MULTILINE)
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9_+.=!#$%&'*/?^`{|}~-]{1,80}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){0,12}"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    re.ASCII,
)
_SCHEME: Final = re.compile(r"^(?:SMTP|RFC822|MAILTO|EMAIL|IMCEA\w{2,10}-)[=:]", re.IGNORECASE)
"""X.400 notices write the kind of an address before it."""
_FIELD_ADDRESS: Final = re.compile(r"[^\s<>@;,\"()]{1,120}@[^\s<>@;,\"()]{1,190}")
_LATER: Final = re.compile(
    r"(?i)\b(?:in reply to|after|response to|for|our|command:?|\[)\s*(?:the |end of )?(MAIL|RCPT|DATA|CONNECT|"
    r"HELO|EHLO)\b"
)
_PHASES: Final = {
    "MAIL": Phase.MAIL,
    "RCPT": Phase.RCPT,
    "CONNECT": Phase.CONNECT,
    "HELO": Phase.CONNECT,
    "EHLO": Phase.CONNECT,
}
_ACTIONS: Final = frozenset(
    (
        "failed",
        "failure",
        "fail",
        "expired",
        "bounced",
        "error",
        "undeliverable",
        "delayed",
        "relayed",
        "expanded",
        "delivered",
        "deliverable",
    )
)
"""The words of RFC 3464 2.3.3 and those that are written for them; any other says nothing, and the class of the status counts."""
_JSON: Final = re.compile(
    r'"(?:notificationType|eventType)"\s*:\s*"(Bounce|Complaint|Delivery|DeliveryDelay)"', re.IGNORECASE
)
_JSON_ADDRESS: Final = re.compile(r'"emailAddress"\s*:\s*"([^"]{3,300})"')
_JSON_STATUS: Final = re.compile(r'"status"\s*:\s*"([245]\.\d{1,3}\.\d{1,3})"')
_JSON_WORDS: Final = re.compile(r'"diagnosticCode"\s*:\s*"((?:[^"\\]|\\.){0,1000})"')
_JSON_LASTING: Final = re.compile(r'"bounceType"\s*:\s*"Permanent"')


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a report says of one recipient: `action` in lower case, how it failed, and who."""

    action: str
    failure: Failure
    recipient: str | None


def read_deliveries(texts: Sequence[str]) -> tuple[list[Delivery], str | None]:
    """Return what delivery-status texts say of each recipient, and the reporting host."""
    found: list[Delivery] = []
    host = None
    for text in texts:
        for group in _groups(text):
            reporting = group.get("reporting-mta", "")
            host = host or (reporting.rpartition(";")[2].strip()[:200] or None)
            if any(name in group for name in ("final-recipient", "original-recipient", "action", "status")):
                found.append(_read_group(group))
    return found[:_MOST_GROUPS], host


def has_status_lines(text: str) -> bool:
    """Tell whether delivery-status fields stand in a text; one alone may be talk."""
    return len({line.strip().lower() for line in _STATUS_LINES.findall(text)[:50]}) >= 2


def read_feedback(text: str) -> str | None:
    """Return the feedback type that a text holds, in lower case."""
    found = _FEEDBACK_LINE.search(text)
    return found[1].lower() if found else None


def read_json(text: str) -> Delivery | str | None:
    """Return what an SES notification says: a delivery, or `complaint`; None for anything else. Line wraps of the mail do not matter."""
    kind = _JSON.search(text)
    if kind is None:
        return None
    address = _JSON_ADDRESS.search(text)
    status = _JSON_STATUS.search(text)
    words = _JSON_WORDS.search(text)
    said = words[1] if words else ""
    code = read_code(said) or (550 if _JSON_LASTING.search(text) else None)
    failure = Failure(code, read_status(status[1]) if status else read_status(said), said)
    match kind[1].lower():
        case "complaint":
            return "complaint"
        case "bounce":
            return Delivery("failed", failure, address[1] if address else None)
        case "delivery":
            return Delivery("delivered", failure, address[1] if address else None)
        case _:
            return Delivery("delayed", failure, address[1] if address else None)


def find_addresses(text: str) -> list[str]:
    """Return the mailboxes named in a text, in order, each once."""
    found = (_SCHEME.sub("", each).strip("'`=*/.") for each in _ADDRESS.findall(text[:100_000])[:500])
    return list(dict.fromkeys(found))


def find_phase(text: str) -> Phase:
    """Return the phase a transcript speaks of; the dot where it says nothing, which blames nobody."""
    found = _LATER.search(text)
    return _PHASES.get(found[1].upper(), Phase.DOT) if found else Phase.DOT


def read_failure(text: str, status: str = "", *, code: int | None = None) -> Failure:
    """Read numbers, words and phase of one refusal. A code in the words tells more than the summary in `status`, unless it is x.0.0."""
    said, summed = read_status(text), read_status(status)
    telling = said if said and said[1:] != (0, 0) else None
    return Failure(code or read_code(text), telling or summed or said, text, find_phase(text))


def _groups(text: str) -> Iterator[dict[str, str]]:
    """Yield groups of fields. A second Final-Recipient begins a new one even where the empty line was lost."""
    group: dict[str, str] = {}
    for block in re.split(r"\n[ \t]*\n", text, maxsplit=2 * _MOST_GROUPS)[: 2 * _MOST_GROUPS]:
        for name, value in read_fields(block):
            if name == "final-recipient" and name in group:
                yield group
                group = {}
            group.setdefault(name, value)
        whole = group.keys() & {"final-recipient", "original-recipient"} and group.keys() & {"action", "status"}
        if whole or ("reporting-mta" in group and "action" not in group):
            yield group
            group = {}
    if group:
        yield group


def _read_group(group: dict[str, str]) -> Delivery:
    words = group.get("diagnostic-code", "")
    scheme, _, rest = words.partition(";")
    words = rest.strip() if rest and scheme.strip().isascii() and len(scheme) < 20 else words
    status = group.get("status", "")
    named = (group.get("final-recipient", ""), group.get("original-recipient", ""), group.get("x-actual-recipient", ""))
    addresses = [found for value in named for found in _FIELD_ADDRESS.findall(value)]
    action = group.get("action", "").split("(")[0].strip().lower()
    if action not in _ACTIONS:
        action = {"2": "delivered", "4": "delayed", "5": "failed"}.get(status.lstrip(" #")[:1], action)
    failure = read_failure(words, status)
    return Delivery(action, failure, addresses[0] if addresses else None)
