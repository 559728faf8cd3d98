"""Complaints, automatic replies, and people who answer."""

from uuid import uuid4

import pytest

from services.mailer.smtp.reports import classify
from services.mailer.smtp.verp import ReturnAddresses

RETURNS = ReturnAddresses({"1": b"k" * 32})


def write(text: str, *, subject: str = "Re: Your appointment", more: str = "", charset: str = "utf-8") -> bytes:
    """Return a person's mail."""
    return (
        f"From: Ann <ann@a.example>\nTo: b+1@ours.example\nSubject: {subject}\nContent-Type: text/plain; charset={charset}\n{more}\n{text}"
    ).encode()


def make_feedback(kind: str, returned: str) -> bytes:
    """Return a report of RFC 5965."""
    return (
        "From: fbl@a.example\nSubject: FW: mail\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n"
        f"--x\nContent-Type: text/plain\n\nreport\n--x\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\n\n"
        f"--x\nContent-Type: message/rfc822\n\n{returned}\n--x--\n"
    ).encode()


@pytest.mark.parametrize(
    ("feedback", "kind"),
    [("abuse", "complaint"), ("fraud", "complaint"), ("not-spam", "not_spam"), ("auth-failure", "unclassified")],
)
def test_feedback_is_read_by_its_type(feedback: str, kind: str) -> None:
    """L-077, RFC 5965 7.3, RFC 6430: not-spam clears nothing."""
    assert classify(make_feedback(feedback, "To: ann@a.example\n\nHello")).kind == kind


def test_a_redacted_complaint_is_known_by_our_token() -> None:
    """L-077: recipients may be redacted; the MAC in the returned List-Unsubscribe names the message."""
    message_id = uuid4()
    token = RETURNS.mint("unsub", message_id)
    report = classify(
        make_feedback("abuse", f"To: redacted\nList-Unsubscribe: <https://x>,\n <mailto:{token}@ours.example>\n\nHi"),
        returns=RETURNS,
    )
    assert (report.kind, report.message_id) == ("complaint", message_id)


def test_a_forged_token_names_no_message() -> None:
    """N-97."""
    token = ReturnAddresses({"1": b"z" * 32}).mint("unsub", uuid4())
    report = classify(make_feedback("abuse", f"List-Unsubscribe: <mailto:{token}@ours.example>\n\nHi"), returns=RETURNS)
    assert (report.kind, report.message_id) == ("complaint", None)


@pytest.mark.parametrize(
    ("subject", "more", "text"),
    [
        ("Re: x", "Auto-Submitted: auto-replied\n", "please unsubscribe me"),
        ("Automatic reply: x", "", "I am out of the office, please remove urgent items"),
        ("Abwesenheitsnotiz: x", "", "Ich bin im Urlaub."),
        ("Réponse automatique : x", "", "stop"),
        ("自動返信: x", "", "停止"),
        ("x", "X-Autoreply: yes\n", "unsubscribe"),
        ("x", "Precedence: bulk\n", "unsubscribe"),
        ("Re: x", "", "I am out of the office until Monday, please remove urgent items."),
    ],
)
def test_an_automatic_reply_is_never_an_optout(subject: str, more: str, text: str) -> None:
    """N-33, L-078, RFC 3834: not even at the opt-out address."""
    assert classify(write(text, subject=subject, more=more), to_unsubscribe=True).kind == "auto_reply"


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop.", "Unsubscribe!", "please take me off", "Remove me from your list, please.\n\nThank you,\nAnn Miller",
        "Hi, please do not send me any more emails. Thanks, Ann", "opt out", "No more emails please", "Bitte abmelden, danke!", "Désabonnez-moi",
        "Arrêtez de m'écrire", "Dar de baja", "No me escriban más", "cancellatemi", "Parem de enviar emails", "Uitschrijven", "Отпишите меня", "стоп",
        "配信停止", "退订", "수신거부", "إلغاء الاشتراك",
        "stop\n\nOn Mon, 5 Jan 2026 at 10:00 Bright Smile wrote:\n> Click here to unsubscribe and a lot of other text",
        "Unsubscribe\n\n-----Original Message-----\nFrom: Bright Smile\nWe look forward to seeing you.",
    ],
)  # fmt: skip
def test_a_short_refusal_is_an_optout(text: str) -> None:
    """L-024, N-32: in the person's own words, also beyond English."""
    assert classify(write(text)).kind == "optout_request"


@pytest.mark.parametrize(
    "text",
    [
        "unsubscribe my husband, not me",
        "Please remove my mother, she passed away.",
        "I keep getting these although I asked the desk twice to take me off your list, and my tooth is worse, what now?",
    ],
)
def test_what_is_not_clear_goes_to_a_person(text: str) -> None:
    """N-32, S-033."""
    assert classify(write(text)).kind == "optout_unclear"


@pytest.mark.parametrize(
    "text",
    [
        "Could you stop by the house?",
        "Please cancel",
        "Cancelar",
        "My abscess is worse",
        "Yes, see you then\n> unsubscribe here",
        "",
    ],
)
def test_an_ordinary_answer_is_a_reply(text: str) -> None:
    """A reminder answered with "cancel" means the appointment."""
    assert classify(write(text)).kind == "reply"


def test_a_mail_to_the_optout_address_needs_no_words() -> None:
    """L-037; but what asks for somebody else goes to a person all the same."""
    assert classify(write("", subject=""), to_unsubscribe=True).kind == "optout_request"
    assert classify(write("my wife does not want this"), to_unsubscribe=True).kind == "optout_unclear"
    assert classify(write("", subject=""), sender="", to_unsubscribe=True).kind == "unclassified"


def test_html_alone_is_read() -> None:
    """S-033: HTML-only mail, with the quoted mail below."""
    html = "<html><style>p{}</style><body><p>unsubscribe</p><div>On Monday Bright Smile wrote:</div><blockquote>x y z</blockquote></body></html>"
    assert classify(write(html).replace(b"text/plain", b"text/html")).kind == "optout_request"


def test_a_subject_alone_is_a_refusal_only_if_the_person_wrote_it() -> None:
    """L-024: "Re: how to unsubscribe" is our own subject."""
    assert classify(write("", subject="Unsubscribe")).kind == "optout_request"
    assert classify(write("", subject="Re: Unsubscribe")).kind == "reply"
