"""What a mail that came back to us says, as one value, and whether a failure blames the address.

Bounces that come late are judged by the same table as replies in the session (L-074), because one address must not be dead or alive by the
way its refusal travelled. What is not understood is `unclassified` and never hard (N-96).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.mailer.domain.outcomes import Bounced, BounceKind, Deferred, Phase, Reply, judge_refusal


class ReportKind(StrEnum):
    """What came in. Only `bounce`, `complaint` and `optout_request` change anything; the rest is known in order to be left alone."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    NOT_SPAM = "not_spam"
    DELAYED = "delayed"
    RELAYED = "relayed"
    DELIVERED = "delivered"
    AUTO_REPLY = "auto_reply"
    REPLY = "reply"
    OPTOUT_REQUEST = "optout_request"
    OPTOUT_UNCLEAR = "optout_unclear"
    UNCLASSIFIED = "unclassified"


class Handled(StrEnum):
    """What became of an inbound mail, for the server that brought it: `no_reader` and `loop` are refused for good."""

    TAKEN = "taken"
    NO_READER = "no_reader"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class Report:
    """One inbound mail, understood.

    `blame`, `reason` and `status` (RFC 3463) say how a bounce failed; `status` may be None. `recipients` are the addresses it says failed, for
    people to read: nothing is ever changed by them. `message_id` is a message of ours that a MAC inside the mail proves; `claimed_id` one that
    it only names, which anybody could. `reporting_mta` is the host that reports.
    """

    kind: ReportKind
    blame: BounceKind | None = None
    reason: str | None = None
    status: str | None = None
    recipients: tuple[str, ...] = ()
    message_id: UUID | None = None
    claimed_id: UUID | None = None
    reporting_mta: str | None = None

    @property
    def recipient(self) -> str | None:
        """The first failed address."""
        return self.recipients[0] if self.recipients else None


@dataclass(frozen=True, slots=True)
class Failure:
    """How one delivery failed, as far as a report says: `code` of SMTP, `status` of RFC 3463, the words beside them, and the phase."""

    code: int | None
    status: tuple[int, int, int] | None
    text: str
    phase: Phase = Phase.DOT


_UNSURE: Final = frozenset(("not_deliverable", "message_refused", "recipient_refused", "mailbox_refused", "try_later"))
"""Reasons of the table that say little: words that say more may stand in their place."""
_BLAMES: Final[dict[str, BounceKind]] = {
    "mailbox_unknown": "hard",
    "mailbox_disabled": "hard",
    "mailbox_moved": "hard",
    "domain_unknown": "hard",
    "mailbox_full": "soft",
    "expired": "soft",
    "refused_by_policy": "policy",
    "message_refused": "policy",
    "not_deliverable": "soft",
}
_NOT_FINAL: Final = frozenset(("mailbox_unknown", "mailbox_disabled", "mailbox_moved", "domain_unknown"))


def judge_failure(failure: Failure, said: str | None) -> tuple[BounceKind, str]:
    """Return blame and reason of a final failure. `said` is the reason its words name (see smtp.report_words), or None.

    Numbers come first; words decide only where the numbers are silent or say no more than "no". A temporary code never makes an address dead,
    however the mail went on.
    """
    status = failure.status if failure.status and failure.status[1:] != (0, 0) else None
    code = failure.code or (100 * failure.status[0] + 50 if failure.status and failure.status[0] in (4, 5) else None)
    if code is None:
        return (_BLAMES[said], said) if said else ("soft", "not_deliverable")
    reply = Reply(code, status, failure.text)
    outcome = judge_refusal(reply, failure.phase)
    blame, reason = _final(outcome)
    if said is None or (reason not in _UNSURE and reason != "expired"):
        return blame, reason
    if code < 500 and said in _NOT_FINAL:
        return blame, reason
    return _BLAMES[said], said


def _final(outcome: Deferred | Bounced) -> tuple[BounceKind, str]:
    """A deferral that the sending host has given up on is a soft bounce."""
    if isinstance(outcome, Bounced):
        return outcome.kind, outcome.reason
    if outcome.asks_less == "policy":
        return "policy", outcome.reason
    return "soft", "expired" if outcome.reason == "try_later" else outcome.reason


_ENHANCED: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE: Final = re.compile(r"(?<![\w.@/])([45][0-5]\d)(?=[ \-:;,)\]<]|$)(?![-.:]\d{3})")


def read_status(text: str) -> tuple[int, int, int] | None:
    """Return the most telling enhanced code in a text: one that is not x.0.0 before one that is; addresses of hosts are none."""
    found = [(int(a), int(b), int(c)) for a, b, c in _ENHANCED.findall(text)[:20]]
    return next((code for code in found if code[1:] != (0, 0)), found[0] if found else None)


def read_code(text: str) -> int | None:
    """Return the first SMTP code of a refusal in a text."""
    found = _CODE.search(text)
    return int(found[1]) if found else None
