"""What became of one attempt: every reply and every silence turns into one of five outcomes here and nowhere else.

The table follows L-074 (RFC 3463) with one rule above it: a reply about us or our network (policy, rates, block lists, N-93, L-064) never blames the
address, whatever its number says, because an address marked dead by mistake loses a consumer for good.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal

BounceKind = Literal["hard", "soft", "policy"]
Complaint = Literal["policy", "strain"]
"""`policy`: our rate or reputation, `strain`: the system that answered has enough to do, whoever sends."""


class Phase(StrEnum):
    """How far an SMTP transaction had come. Tracked by the session itself: exception types are no evidence (reliability.md finding 4)."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's whole reply. `enhanced` is the RFC 3463 code or None; `text` is for people and may hold an address: never log it."""

    code: int
    enhanced: tuple[int, int, int] | None
    text: str

    @property
    def is_yes(self) -> bool:
        """2yz (RFC 5321 4.2.1)."""
        return 200 <= self.code < 300

    @property
    def is_no(self) -> bool:
        """4yz or 5yz: a definite refusal."""
        return 400 <= self.code < 600

    @property
    def is_closing(self) -> bool:
        """421: the server leaves, and says nothing about the command it answers (RFC 5321 3.8)."""
        return self.code == 421

    @property
    def enhanced_code(self) -> str | None:
        """The enhanced code as text, such as 5.1.1."""
        return _write_enhanced(self.enhanced) if self.enhanced else None


@lru_cache(maxsize=256)
def _write_enhanced(enhanced: tuple[int, int, int]) -> str:
    return ".".join(map(str, enhanced))


@dataclass(frozen=True, slots=True)
class Sent:
    """The remote server accepted the message."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Deferred:
    """A definite 4yz: may be tried again. `asks_less`: whether, and why, less is to be sent from now on."""

    reply: Reply
    phase: Phase
    reason: str
    asks_less: Complaint | None = None


@dataclass(frozen=True, slots=True)
class Bounced:
    """A definite 5yz. Only `hard` says that the address is dead."""

    reply: Reply
    phase: Phase
    kind: BounceKind
    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The dot may have left and no definite reply came: never resent by a machine."""

    phase: Phase
    why: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """No dot left: the message waits again. `is_counted`: the attempt was its own, so it counts and backs off; otherwise it was innocent.

    `asks_less`: the server left with a 421.
    """

    phase: Phase
    why: str
    is_counted: bool
    asks_less: Complaint | None = None


Outcome = Sent | Deferred | Bounced | Uncertain | PutBack

_POLICY: Final = re.compile(
    r"block|black.?list|deny.?list|spamhaus|barracuda|sorbs|spamcop|proofpoint|mimecast|cloudmark|dnsbl|\brbl\b|reputation|spam|"
    r"\bspf\b|\bdkim\b|\bdmarc\b|authenticat|\brate\b|rate.?limit|too many|throttl|unsolicited|polic(y|ies)|temporarily deferred|"
    r"reverse dns|\bptr\b|\bs3140\b|\bs3150\b|\btss?\d\d\b|greylist|graylist",
    re.IGNORECASE,
)
_UNKNOWN: Final = re.compile(
    r"user unknown|unknown user|no such (user|recipient|mailbox|person|account)|(user|recipient|mailbox|account|address)[^.]{0,40}"
    r"(not found|does ?n.t exist|does not exist|unknown|is disabled|is inactive|unavailable or not)|invalid (recipient|mailbox|user)|"
    r"unrouteable address|no mailbox here",
    re.IGNORECASE,
)
_FULL: Final = re.compile(r"full|quota|over.?limit|insufficient.{0,12}storage", re.IGNORECASE)

_TOO_LARGE: Final = (3, 4)
"""Also 552 to the SIZE of MAIL (RFC 1870 6.1)."""
_GREYLISTED: Final = re.compile(r"gr[ea]y.?list", re.IGNORECASE)
_STRAIN: Final = frozenset(((3, 0), (3, 1), (3, 2), (3, 5), (4, 5)))
"""System status (not accepting, full, misconfigured) and congestion (RFC 3463 3.4, 3.5)."""

_HARD: Final = {
    (1, 1): "mailbox_unknown",
    (1, 2): "domain_unknown",
    (1, 3): "address_invalid",
    (1, 6): "mailbox_moved",
    (1, 10): "domain_without_mail",
    (2, 1): "mailbox_disabled",
}
MAY_BE_SENT_AGAIN: Final = frozenset(
    (
        *("mailbox_full", "mailbox_refused", "not_deliverable", "recipient_refused"),
        *("sender_auth", "refused_by_policy", "sender_refused", "message_refused", "message_too_large"),
    )
)
"""Reasons of soft and policy bounces: the address is not to blame, so a person may have such mail sent again."""
_SENDER_AUTH: Final = frozenset((15, 20, 21, 22, 23, 26, 27, 28, 29, 30, 509, 515))
"""Details under 5.7 that speak of SPF, DKIM and DMARC (RFC 7372 and the providers' own)."""


def judge_refusal(reply: Reply, phase: Phase) -> Deferred | Bounced:
    """Turn a definite refusal (4yz or 5yz) at `phase` into its outcome. Anything else is the caller's mistake."""
    if not reply.is_no:
        raise ValueError("no refusal")
    if reply.code < 500:
        return Deferred(reply, phase, _find_reason(reply), find_complaint(reply))
    kind, reason = _judge_bounce(reply, phase)
    return Bounced(reply, phase, kind, reason)


def judge_leaving(reply: Reply, phase: Phase, *, is_counted: bool) -> PutBack:
    """A 421 in place of the reply to a command: it says nothing about the command, yet perhaps why the server leaves."""
    return PutBack(phase, "server_closing", is_counted, find_complaint(reply))


def find_complaint(reply: Reply) -> Complaint | None:
    """Tell whether a 4yz asks for less, by its class (RFC 3463).

    x.3 and x.4.5 are the state of the system that answers and of its network; so is a 421 without such words: the server leaves (RFC 5321 3.8).
    x.7 and words of rate or reputation are policy towards us. What is about one mailbox (x.2, whatever its words) or a first meeting (greylisting)
    passes by itself and slows nobody else's mail; x.1, x.5, x.6 and the rest of x.3 and x.4 are about the address, the command or the message.
    """
    status = reply.enhanced[1:] if reply.enhanced else (0, 0)
    if status in _STRAIN:
        return "strain"
    if _GREYLISTED.search(reply.text):
        return None
    if reply.is_closing:
        return "policy" if _is_about_us(reply) else "strain"
    return "policy" if status[0] != 2 and _is_about_us(reply) else None


def _is_about_us(reply: Reply) -> bool:
    return (reply.enhanced is not None and reply.enhanced[1] == 7) or _POLICY.search(reply.text) is not None


def _find_reason(reply: Reply) -> str:
    subject = reply.enhanced[1] if reply.enhanced else 0
    if find_complaint(reply) == "policy":
        return "slowed_down"
    if subject == 2 or reply.code == 452 or _FULL.search(reply.text):
        return "mailbox_full"
    return "try_later"


def _judge_bounce(reply: Reply, phase: Phase) -> tuple[BounceKind, str]:
    status = reply.enhanced[1:] if reply.enhanced else None
    if status and status[0] == 7:
        return "policy", "sender_auth" if status[1] in _SENDER_AUTH else "refused_by_policy"
    if status == _TOO_LARGE or (phase is Phase.MAIL and status is None and reply.code == 552):
        return "policy", "message_too_large"
    if phase in (Phase.CONNECT, Phase.MAIL):
        return "policy", "sender_refused"
    if _POLICY.search(reply.text):
        return "policy", "refused_by_policy"
    if status and status in _HARD:
        return "hard", _HARD[status]
    if status:
        return _judge_status(status)
    return _judge_text(reply, phase)


def _judge_status(status: tuple[int, ...]) -> tuple[BounceKind, str]:
    """Enhanced codes that do not prove a dead address: 5.2.2 and the rest of 5.2 are the mailbox's weather, 5.3 to 5.6 ours or the path's."""
    if status[0] == 2:
        return "soft", "mailbox_full" if status[1] == 2 else "mailbox_refused"
    if status[0] in (5, 6) or status in ((1, 7), (1, 8)):
        return "policy", "message_refused"
    return "soft", "not_deliverable"


def _judge_text(reply: Reply, phase: Phase) -> tuple[BounceKind, str]:
    """No enhanced code: only words that plainly speak of the mailbox, said at RCPT or after, may call it dead."""
    if _FULL.search(reply.text) or reply.code == 552:
        return "soft", "mailbox_full"
    if reply.code in (550, 551, 553) and _UNKNOWN.search(reply.text):
        return "hard", "mailbox_unknown"
    if phase is Phase.RCPT and reply.code in (550, 551, 553):
        return "soft", "recipient_refused"
    return "policy", "message_refused"
