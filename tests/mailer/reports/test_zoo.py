"""What the systems of the world write when a mail does not arrive, is late, or is answered by a machine (N-96, L-073, L-077, L-078)."""

import base64
import quopri
from email.header import Header

import pytest

from services.mailer.smtp.report_replies import read_refusal
from services.mailer.smtp.reports import classify
from tests.mailer.reports.zoo import AWAY_SUBJECTS, AWAY_TEXTS, NO_REFUSALS, REFUSALS, WORDED

FAILED = "Final-Recipient: rfc822; ann@a.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown"
GONE = ("bounce", "hard", "mailbox_unknown")


def make_notice(subject: str, words: str, *, sender: str = "MAILER-DAEMON@mx.example.net", path: str = "<>") -> bytes:
    """Return a plain notice in UTF-8."""
    head = f"Return-Path: {path}\nFrom: {sender}\nTo: b+1@ours.example\nSubject: {Header(subject, 'utf-8').encode()}\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{words}\n".encode()


def make_report(
    fields: str, *, media_type: str = "message/delivery-status", encoding: str = "", gap: str = "\n\n", mark: str = "x"
) -> str:
    """Return a report of RFC 3464; `gap` stands between the fields of the message and those of the recipient."""
    status = f"Reporting-MTA: dns; mx.a.example{gap}{fields}\n"
    if encoding:
        status = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}[encoding](
            status.encode()
        ).decode()
    return (
        "From: MAILER-DAEMON@mx.a.example\nTo: b+1@ours.example\nSubject: Undelivered\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{mark}"\n\n--{mark}\n\nSorry.\n\n--{mark}\n'
        f"Content-Type: {media_type}\n{f'Content-Transfer-Encoding: {encoding}' if encoding else 'X-A: b'}\n\n{status}\n"
        f"--{mark}\nContent-Type: message/rfc822\n\nTo: ann@a.example\n\nHello\n--{mark}--\n"
    )


def judged(raw: bytes | str) -> tuple[str, str | None, str | None]:
    """Return kind, blame and reason."""
    report = classify(raw if isinstance(raw, bytes) else raw.encode())
    return report.kind.value, report.blame, report.reason


@pytest.mark.parametrize("name", WORDED)
def test_a_notice_is_read_in_its_own_words(name: str) -> None:
    """N-96: in the languages and phrases of many systems; whom it names, and whether that blames the address."""
    subject, words, made = WORDED[name]
    report = classify(make_notice(subject, words))
    assert (report.kind.value, report.blame, report.reason if made[0] == "bounce" else None) == made
    assert (report.recipient or "").startswith("ann@")


@pytest.mark.parametrize("name", [name for name, (_, _, made) in WORDED.items() if made[0] == "bounce"])
def test_the_same_words_from_a_person_bounce_nobody_for_good(name: str) -> None:
    """N-96, N-97: what a person writes or quotes in an answer is no report."""
    _, words, _ = WORDED[name]
    raw = make_notice("Re: Your appointment", words, sender="Ann <ann@a.example>", path="<ann@a.example>")
    assert classify(raw).blame is None


@pytest.mark.parametrize("charset", ["utf-8", "base64", "latin-1 said to be utf-8", "html"])
@pytest.mark.parametrize("name", ["de_full", "fr_unknown", "es_full", "pt_unknown"])
def test_an_encoding_does_not_change_what_is_meant(name: str, charset: str) -> None:
    """N-96: base64 and broken charsets."""
    subject, words, made = WORDED[name]
    plain = make_notice(subject, words)
    head, _, _ = plain.partition(b"\n\n")
    body = {
        "utf-8": words.encode(),
        "base64": base64.encodebytes(words.encode()),
        "latin-1 said to be utf-8": words.encode("latin-1", "replace"),
        "html": f"<html><style>p {{}}</style><p>{words}</p></html>".encode(),
    }[charset]
    if charset == "base64":
        head += b"\nContent-Transfer-Encoding: base64"
    if charset == "html":
        head = head.replace(b"text/plain", b"text/html")
    assert judged(head + b"\n\n" + body) == made


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\r\r\n", b"\n\r"])
def test_a_report_may_have_any_line_ends(end: bytes) -> None:
    """N-96: whatever a gateway made of them, and mixed."""
    raw = make_report(FAILED).encode()
    assert judged(raw.replace(b"\n", end)) == GONE
    if end != b"\n\r":  # alone among others it is an empty line
        assert judged(raw.replace(b"Action: failed\n", b"Action: failed" + end)) == GONE


@pytest.mark.parametrize(
    "raw",
    [
        make_report(FAILED, encoding="base64"),
        make_report(FAILED, encoding="quoted-printable"),
        make_report(FAILED, gap="\n \t\n"),
        make_report(FAILED, gap="\n"),
        make_report(FAILED, media_type="text/plain"),
        make_report(FAILED, media_type="application/octet-stream"),
        make_report(FAILED, media_type="Message/Delivery-Status; charset=utf-8"),
        make_report(FAILED, media_type="message/global-delivery-status"),
        make_report(FAILED).replace('; boundary="x"', ""),
        make_report(FAILED).replace('boundary="x"', 'boundary="y"'),
        make_report("Final-Recipient: rfc822;\n ann@a.example\nAction:\n failed\nStatus:\n\t5.1.1"),
        make_report("final-recipient : RFC822 ; <ann@a.example>\nACTION : Failed (for good)\nSTATUS : 5.1.1 (Bad mailbox)"),
        make_report("Original-Recipient: rfc822;ann@a.example\nAction: failed\nStatus: #5.1.1"),
        make_report("Final-Recipient: x400; /S=ann/\nAction: failed\nStatus: 5.1.1\nX-Actual-Recipient: rfc822; ann@a.example"),
        make_report("Final-Recipient: rfc822; ann@a.example\nStatus: 5.1.1"),
        make_report("Final-Recipient: rfc822; ann@a.example\nAction: failed\nDiagnostic-Code: smtp; 550 No such user"),
        make_report("Final-Recipient: rfc822; bob@a.example\nAction: delivered\nStatus: 2.0.0\n\n" + FAILED),
        make_report("Final-Recipient: rfc822; bob@a.example\nAction: relayed\nStatus: 2.0.0\n" + FAILED),
    ],
)  # fmt: skip
def test_a_report_is_read_however_it_is_bent(raw: str) -> None:
    """L-073, N-96: encodings, types, boundaries, folding, comments, fields missing, several recipients."""
    report = classify(raw.encode())
    assert (report.kind, report.blame, report.reason, report.recipient) == (*GONE, "ann@a.example")


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("delayed", "4.4.1", "delayed"),
        ("delayed", "5.1.1", "delayed"),
        ("relayed", "2.0.0", "relayed"),
        ("expanded", "2.0.0", "relayed"),
        ("delivered", "2.0.0", "delivered"),
        ("zugestellt", "2.0.0", "delivered"),
        ("verzögert", "4.4.1", "delayed"),
        ("", "2.0.0", "delivered"),
    ],
)
def test_only_failed_counts(action: str, status: str, kind: str) -> None:
    """L-073: an unknown action says nothing, and the class of the status counts."""
    assert judged(make_report(f"Final-Recipient: rfc822; ann@a.example\nAction: {action}\nStatus: {status}"))[0] == kind


@pytest.mark.parametrize(
    "status",
    ["", "Status: 550", "Status: permanent", "Status: 9.9.9", "Status: 5.999.999", "Status: 5.0.0", "Status: 2.0.0"],
)
def test_a_failure_that_says_nothing_is_never_hard(status: str) -> None:
    """N-96: missing, garbled, unknown and contradictory codes."""
    kind, blame, _ = judged(make_report(f"Final-Recipient: rfc822; ann@a.example\nAction: failed\n{status}"))
    assert (kind, blame) in (("bounce", "soft"), ("bounce", "policy"))


@pytest.mark.parametrize("encoding", ["", "\nContent-Transfer-Encoding: base64"])
def test_a_report_forwarded_whole_is_read(encoding: str) -> None:
    """N-96: by a gateway as an attachment, or as the whole mail, also where it is wrongly encoded."""
    inner = make_report(FAILED, mark="inner")
    wrapped = base64.encodebytes(inner.encode()).decode() if encoding else inner
    head = "Return-Path: <>\nFrom: postmaster@gw.example\nSubject: FW: Undelivered\n"
    parts = f"--o\n\nsee below\n--o\nContent-Type: message/rfc822{encoding}\n\n{wrapped}\n--o--\n"
    attached = f"{head}Content-Type: multipart/mixed; boundary=o\n\n{parts}"
    whole = f"{head}Content-Type: message/rfc822{encoding}\n\n{wrapped}\n"
    assert [judged(attached), judged(whole)] == [GONE, GONE]


def test_what_a_report_returns_is_not_read_as_one() -> None:
    """S49, N-96: a late mail that happens to be a report of a failure is late, no more."""
    inner = make_report(FAILED, mark="inner")
    late = make_report("Final-Recipient: rfc822; ann@a.example\nAction: delayed\nStatus: 4.4.1")
    assert judged(late.replace("To: ann@a.example\n\nHello\n", inner))[0] == "delayed"
    head = 'Return-Path: <>\nFrom: MAILER-DAEMON@a.example\nContent-Type: multipart/report; boundary="o"\n\n'
    parts = f"--o\n\nYour message is delayed; we will keep trying.\n--o\nContent-Type: message/rfc822\n\n{inner}--o--\n"
    assert judged(head + parts)[1] is None


@pytest.mark.parametrize(
    ("subject", "words", "kind"),
    [
        (
            "Returned Mail - Error During Delivery",
            "<ann@a.example>: mailbox unavailable. [SMTP Error Code 550]",
            "bounce",
        ),
        (
            "Non-Delivery: Your appointment",
            "The email below could not be delivered to the following user: ann@a.example",
            "bounce",
        ),
        (
            "Mail could not be delivered",
            "Reason: Exceeded maximum delivery attempts for ann@a.example. It was not delivered.",
            "bounce",
        ),
        ("Re: Mail could not be delivered?", "I could not be delivered to, says my son. ann@a.example", "reply"),
        (
            "Question",
            "Your last mail could not be delivered to my old address ann@a.example, please use this one",
            "reply",
        ),
    ],
)
def test_a_gateway_under_a_persons_name_is_known_by_its_notice(subject: str, words: str, kind: str) -> None:
    """N-96: subject and words together, never an answer."""
    assert judged(make_notice(subject, words, sender="Gateway <gw@a.example>", path="<gw@a.example>"))[0] == kind


@pytest.mark.parametrize("path", ["<>", "<ann@a.example>"])
@pytest.mark.parametrize(
    ("subject", "words"), [*((each, "Thank you.") for each in AWAY_SUBJECTS), *(("Re: x", each) for each in AWAY_TEXTS)]
)
def test_absence_is_an_automatic_reply_in_any_language(subject: str, words: str, path: str) -> None:
    """L-078, N-96: never a bounce, an opt-out or an answer to hold against somebody."""
    assert judged(make_notice(subject, words, sender="Ann <ann@a.example>", path=path))[0] == "auto_reply"


@pytest.mark.parametrize("kind", ["displayed", "deleted"])
def test_a_receipt_is_a_machines_word(kind: str) -> None:
    """L-078, RFC 8098."""
    raw = (
        "Return-Path: <ann@a.example>\nFrom: ann@a.example\nSubject: Read: Your appointment\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\n\n--x\n\nstop\n--x\n"
        f"Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ann@a.example\nDisposition: manual-action; {kind}\n--x--\n"
    )
    assert judged(raw)[0] == "auto_reply"


@pytest.mark.parametrize("words", REFUSALS)
def test_a_short_refusal_is_clear(words: str) -> None:
    """L-024: English, Spanish and others; with the mail answered to below it."""
    assert read_refusal("Re: Your appointment", words) is True
    assert (
        read_refusal(
            "Re: Your appointment", f"{words}\n\nOn Mon, 2 Mar 2026, Bright Smile <x@a.example> wrote:\n> Hello Ann"
        )
        is True
    )


@pytest.mark.parametrize("words", NO_REFUSALS)
def test_what_merely_sounds_like_one_is_none(words: str) -> None:
    """L-024, N-32: it goes to the business as it is."""
    assert read_refusal("Re: Your appointment", words) is None


@pytest.mark.parametrize(
    ("fields", "outer", "kind", "reason"),
    [
        ("Feedback-Type: abuse\nVersion: 1", "multipart/report; report-type=feedback-report", "complaint", "abuse"),
        ("FEEDBACK-TYPE:Fraud\nversion:0.1", "multipart/report; report-type=feedback-report", "complaint", "fraud"),
        ("Feedback-Type: abuse\nVersion: 1", "multipart/mixed", "complaint", "abuse"),
        ("Version: 1\nUser-Agent: x", "multipart/report; report-type=feedback-report", "complaint", "abuse"),
        ("Feedback-Type: opt-out\nVersion: 1", "multipart/report; report-type=feedback-report", "complaint", "opt_out"),
        (
            "Feedback-Type: not-spam\nVersion: 1",
            "multipart/report; report-type=feedback-report",
            "not_spam",
            "not_spam",
        ),
        (
            "Feedback-Type: auth-failure\nAuth-Failure: dkim",
            "multipart/report; report-type=feedback-report",
            "unclassified",
            "auth_failure_report",
        ),
    ],
)
def test_feedback_reports_in_their_variants(fields: str, outer: str, kind: str, reason: str) -> None:
    """L-066, L-077, RFC 5965, RFC 6430, RFC 6591: not-spam and reports about signatures are no complaints."""
    raw = f"From: fbl@example.net\nContent-Type: {outer}; boundary=x\n\n--x\n\nHi\n--x\nContent-Type: message/feedback-report\n\n{fields}\n--x--\n"
    assert judged(raw) == (kind, None, reason)
