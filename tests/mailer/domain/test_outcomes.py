"""Replies become outcomes by the table of L-074; provider policy never blames the address (N-93, L-064)."""

import pytest

from services.mailer.domain.outcomes import Bounced, Deferred, Phase, judge_refusal
from services.mailer.smtp.replies import ReplyReader

BOUNCES = [
    ("550 5.1.1 user unknown", Phase.RCPT, "hard", "mailbox_unknown"),
    (
        "550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1 Please try",
        Phase.RCPT,
        "hard",
        "mailbox_unknown",
    ),
    ("550 5.1.2 bad destination system", Phase.RCPT, "hard", "domain_unknown"),
    ("556 5.1.10 recipient address has null MX", Phase.RCPT, "hard", "domain_without_mail"),
    ("550 5.2.1 mailbox disabled", Phase.RCPT, "hard", "mailbox_disabled"),
    ("552 5.2.2 mailbox full", Phase.RCPT, "soft", "mailbox_full"),
    ("552 5.3.4 message too big", Phase.DOT, "policy", "message_too_large"),
    ("552 5.3.4 message exceeds the size our policy allows", Phase.RCPT, "policy", "message_too_large"),
    ("552 5.3.4 message too big", Phase.MAIL, "policy", "message_too_large"),
    ("552 message size exceeds fixed maximum message size", Phase.MAIL, "policy", "message_too_large"),
    ("552 5.7.1 not you", Phase.MAIL, "policy", "refused_by_policy"),
    (
        "550 5.7.515 Access denied, sending domain does not meet the required authentication level",
        Phase.DOT,
        "policy",
        "sender_auth",
    ),
    ("550 5.7.26 unauthenticated", Phase.DOT, "policy", "sender_auth"),
    ("550 5.7.1 blocked", Phase.RCPT, "policy", "refused_by_policy"),
    ("550 5.1.1 blocked using zen.spamhaus.org", Phase.RCPT, "policy", "refused_by_policy"),
    (
        "550 SC-001 messages weren't sent, part of their network is on our block list (S3140)",
        Phase.MAIL,
        "policy",
        "sender_refused",
    ),
    ("553 5.1.8 sender domain does not exist", Phase.MAIL, "policy", "sender_refused"),
    ("550 5.1.7 invalid sender", Phase.RCPT, "policy", "message_refused"),
    ("550 no such user here", Phase.RCPT, "hard", "mailbox_unknown"),
    ("550 User unknown", Phase.RCPT, "hard", "mailbox_unknown"),
    ("550 go away", Phase.RCPT, "soft", "recipient_refused"),
    ("554 transaction failed", Phase.DOT, "policy", "message_refused"),
    ("552 over quota", Phase.DOT, "soft", "mailbox_full"),
    ("550 5.4.1 access denied", Phase.RCPT, "soft", "not_deliverable"),
]


@pytest.mark.parametrize(("line", "phase", "kind", "reason"), BOUNCES)
def test_a_final_refusal_is_hard_only_if_it_plainly_means_the_mailbox(
    line: str, phase: Phase, kind: str, reason: str
) -> None:
    """L-074: an address marked dead by mistake loses a consumer for good."""
    outcome = judge_refusal(ReplyReader().feed(line.encode() + b"\r\n")[0], phase)
    assert isinstance(outcome, Bounced)
    assert (outcome.kind, outcome.reason, outcome.phase) == (kind, reason, phase)


@pytest.mark.parametrize(
    ("line", "asks_less", "reason"),
    [
        ("421 4.7.0 too many connections from your address", "policy", "slowed_down"),
        ("451 4.7.650 rate limited", "policy", "slowed_down"),
        ("451 too many messages, slow down", "policy", "slowed_down"),
        ("451 4.3.0 local error", "strain", "try_later"),
        ("451 4.3.2 system overloaded, try again later", "strain", "try_later"),
        ("452 4.3.1 insufficient system storage", "strain", "mailbox_full"),
        ("451 4.4.5 congestion", "strain", "try_later"),
        ("421 4.3.2 closing", "strain", "try_later"),
        ("421 service not available", "strain", "try_later"),
        ("421 4.4.2 mail.example.com timeout exceeded", "strain", "try_later"),
        ("450 4.2.0 greylisted, try again", None, "mailbox_full"),
        ("450 4.7.1 greylisted for 300 seconds", None, "try_later"),
        ("451 Greylisting in action", None, "try_later"),
        ("450 4.2.1 this user receives mail at a rate that prevents more", None, "mailbox_full"),
        ("452 4.2.2 mailbox full", None, "mailbox_full"),
        ("451 4.3.4 message too big for now", None, "try_later"),
        ("451 4.1.8 sender domain not found", None, "try_later"),
        ("451 4.4.3 no name server", None, "try_later"),
        ("451 4.5.2 syntax", None, "try_later"),
        ("451 local error in processing", None, "try_later"),
    ],
)
def test_a_passing_refusal_is_deferred_and_tells_whether_to_slow_down(
    line: str, asks_less: str | None, reason: str
) -> None:
    """4yz is always tried again; what asks for less is told by its class, and one mailbox's or a first meeting's refusal asks nobody else."""
    outcome = judge_refusal(ReplyReader().feed(line.encode() + b"\r\n")[0], Phase.RCPT)
    assert isinstance(outcome, Deferred)
    assert (outcome.asks_less, outcome.reason) == (asks_less, reason)


def test_a_yes_is_no_refusal() -> None:
    """The caller decides what is a refusal; a mistake there must be loud."""
    with pytest.raises(ValueError, match="no refusal"):
        judge_refusal(ReplyReader().feed(b"250 ok\r\n")[0], Phase.DOT)
