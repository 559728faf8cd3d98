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
    ("552 5.3.4 message too big", Phase.DOT, "policy", "message_refused"),
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
    ("line", "is_policy", "reason"),
    [
        ("421 4.7.0 too many connections from your address", True, "slowed_down"),
        ("450 4.2.0 greylisted, try again", True, "slowed_down"),
        ("451 4.7.650 rate limited", True, "slowed_down"),
        ("452 4.2.2 mailbox full", False, "mailbox_full"),
        ("451 4.3.0 local error", False, "try_later"),
        ("421 4.3.2 closing", True, "try_later"),
    ],
)
def test_a_passing_refusal_is_deferred_and_tells_whether_to_slow_down(line: str, is_policy: bool, reason: str) -> None:
    """4yz is always tried again; rates and reputation slow the route, they never end a message."""
    outcome = judge_refusal(ReplyReader().feed(line.encode() + b"\r\n")[0], Phase.RCPT)
    assert isinstance(outcome, Deferred)
    assert (outcome.is_policy, outcome.reason) == (is_policy, reason)


def test_a_yes_is_no_refusal() -> None:
    """The caller decides what is a refusal; a mistake there must be loud."""
    with pytest.raises(ValueError, match="no refusal"):
        judge_refusal(ReplyReader().feed(b"250 ok\r\n")[0], Phase.DOT)
