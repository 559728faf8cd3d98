"""Bounces without the samples: written by hand after the systems that send them."""

import pytest

from services.mailer.domain.reports import Report
from services.mailer.smtp.reports import classify

COPY = "\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <b+1@ours.example>\nTo: ann@a.example\nSubject: Hello\n\nHello\n"

QMAIL = """Hi. This is the qmail-send program.

<ann@a.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 <ann@a.example>: user unknown"""
SUMMARY = """Your message:
   From:    shop@ours.example

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
   ann@a.example
"""


def read(sender: str, subject: str, body: str, more: str = "") -> Report:
    """Classify a plain mail."""
    head = f"From: {sender}\nTo: b+1@ours.example\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n{more}"
    return classify(f"{head}\n{body}".encode())


def make_status_report(fields: str, *, media_type: str = "multipart/report; report-type=delivery-status") -> bytes:
    """Return a report of RFC 3464 with these fields of its recipients."""
    return (
        f'From: MAILER-DAEMON@mx.a.example\nTo: b+1@ours.example\nSubject: Undelivered\nContent-Type: {media_type}; boundary="x"\n\n'
        "--x\nContent-Type: text/plain\n\nI'm sorry.\n\n--x\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.a.example\n\n{fields}\n\n--x\nContent-Type: message/rfc822\n\nTo: ann@a.example\n\nHello\n--x--\n"
    ).encode()


@pytest.mark.parametrize(
    ("sender", "subject", "body", "blame", "reason", "status", "recipient"),
    [
        (
            "MAILER-DAEMON@q.example",
            "failure notice",
            QMAIL + COPY,
            "hard",
            "mailbox_unknown",
            "5.1.1",
            "ann@a.example",
        ),
        (
            "MAILER-DAEMON@q.example",
            "failure notice",
            "<ann@a.example>:\nSorry, I couldn't find any host named a.example. (#5.1.2)" + COPY,
            "hard",
            "domain_unknown",
            "5.1.2",
            "ann@a.example",
        ),
        (
            "Mail Delivery System <Mailer-Daemon@x.example>",
            "Mail delivery failed",
            "  ann@a.example\n    retry timeout exceeded\n",
            "soft",
            "expired",
            None,
            "ann@a.example",
        ),
        ("postmaster@m.example", "Undeliverable Mail", SUMMARY, "hard", "mailbox_unknown", "5.1.1", "ann@a.example"),
        (
            "postmaster@m.example",
            "Mail could not be delivered",
            "Sent >>> RCPT TO:<ann@a.example>\nReceived <<< 552 5.2.2 mailbox full\n",
            "soft",
            "mailbox_full",
            "5.2.2",
            "ann@a.example",
        ),
        (
            "postmaster@a.example",
            "Unzustellbar",
            "Fehler bei der Zustellung an folgende Empfänger:\n\nann@a.example\nDie Adresse wurde nicht gefunden.\n",
            "hard",
            "mailbox_unknown",
            None,
            "ann@a.example",
        ),
        (
            "postmaster@a.example",
            "Non remis",
            "Échec de la remise\n\nann@a.example\nL’adresse que vous avez entrée est introuvable.\n",
            "hard",
            "mailbox_unknown",
            None,
            "ann@a.example",
        ),
        (
            "postmaster@a.example",
            "Correo no entregado",
            "No se pudo entregar a ann@a.example: el buzón de este destinatario está lleno.\n",
            "soft",
            "mailbox_full",
            None,
            "ann@a.example",
        ),
        (
            "mailer-daemon@a.example",
            "Письмо не доставлено",
            "ann@a.example\nПользователь не найден\n",
            "hard",
            "mailbox_unknown",
            None,
            "ann@a.example",
        ),
        (
            "postmaster@a.example",
            "配信できませんでした",
            "ann@a.example 宛のメールは配信できませんでした。\n宛先が見つかりません\n",
            "hard",
            "mailbox_unknown",
            None,
            "ann@a.example",
        ),
        (
            "postmaster@a.example",
            "Returned mail",
            "<ann@a.example>: host mx said: 554 5.7.1 Service unavailable; client blocked using a list\n",
            "policy",
            "refused_by_policy",
            "5.7.1",
            "ann@a.example",
        ),
        (
            "postmaster@a.example",
            "Returned mail",
            "550 5.7.515 Access denied, sending domain does not meet the level\n<ann@a.example>\n",
            "policy",
            "sender_auth",
            "5.7.515",
            "ann@a.example",
        ),
        (
            "postmaster@a.example",
            "Undeliverable",
            "Something went wrong with ann@a.example and your mail could not be delivered.\n",
            "soft",
            "not_deliverable",
            None,
            "ann@a.example",
        ),
    ],
)
def test_a_bounce_in_words_is_read(
    sender: str, subject: str, body: str, blame: str, reason: str, status: str | None, recipient: str
) -> None:
    """N-96, L-074: phrases, languages and copied replies, without RFC 3464."""
    report = read(sender, subject, body)
    assert (report.kind, report.blame, report.reason, report.status, report.recipient) == (
        "bounce", blame, reason, status, recipient,
    )  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(ends: str) -> None:
    """N-96: the same report with the line ends of three systems."""
    raw = make_status_report("Final-Recipient: rfc822; ann@a.example\nAction: failed\nStatus: 5.1.1")
    report = classify(raw.replace(b"\n", ends.encode()))
    assert (report.kind, report.blame, report.status, report.recipient) == ("bounce", "hard", "5.1.1", "ann@a.example")
    assert report.reporting_mta == "mx.a.example"


@pytest.mark.parametrize(
    ("action", "kind"),
    [("delayed", "delayed"), ("relayed", "relayed"), ("expanded", "relayed"), ("delivered", "delivered"), ("FAILED", "bounce")],
)  # fmt: skip
def test_only_failed_is_a_bounce(action: str, kind: str) -> None:
    """L-073."""
    report = classify(make_status_report(f"Final-Recipient: rfc822;ann@a.example\nAction: {action}\nStatus: 4.4.1"))
    assert report.kind == kind


@pytest.mark.parametrize(
    ("fields", "blame", "reason"),
    [
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 no such user", "hard", "mailbox_unknown"),
        ("Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 552 5.2.2 over quota", "soft", "mailbox_full"),
        ("Action: failed\nStatus: 4.4.7", "soft", "expired"),
        ("Action: failed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 user unknown, for now", "soft", "expired"),
        ("Action: failed\nStatus: 5.3.4\nDiagnostic-Code: smtp; 552 5.3.4 message too big", "policy", "message_too_large"),
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: x; zxqv", "policy", "message_refused"),
        ("Action: failed", "soft", "not_deliverable"),
    ],
)  # fmt: skip
def test_what_a_failure_blames(fields: str, blame: str, reason: str) -> None:
    """L-074: numbers before words; nothing temporary and nothing unknown is hard."""
    report = classify(make_status_report(f"Final-Recipient: rfc822; ann@a.example\n{fields}"))
    assert (report.kind, report.blame, report.reason) == ("bounce", blame, reason)


def test_fields_flattened_into_the_text_are_read() -> None:
    """N-96: a gateway lost the parts and their boundary."""
    raw = make_status_report("Final-Recipient: rfc822; ann@a.example\nAction: failed\nStatus: 5.1.1")
    flat = raw.replace(b'boundary="x"', b'boundary="lost"').replace(b"--x", b"")
    report = classify(flat)
    assert (report.kind, report.blame, report.recipient) == ("bounce", "hard", "ann@a.example")


def test_an_unknown_charset_and_broken_encodings_are_survived() -> None:
    """N-96."""
    body = b"ann@a.example\r\n550 5.1.1 user unknown \xff\xfe\x80"
    for charset, encoding in (
        ("x-none", "8bit"),
        ("punycode", "base64"),
        ("utf-16", "quoted-printable"),
        ("utf-7", "x"),
    ):
        head = f"From: MAILER-DAEMON@a\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
        assert classify(head.encode() + body).kind in ("bounce", "unclassified")


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        ("Ann <ann@a.example>", "Re: Your appointment", "My delivery failed, user unknown, 550 dollars lost."),
        ("Shop <no-reply@shop.example>", "Your delivery", "Your parcel could not be delivered, the address was not found."),
        ("postmaster@a.example", "Maintenance", "The system is down on Sunday from ten to twelve."),
        ("Ann <ann@a.example>", "Out of office", "I am away until Monday."),
        ("", "", ""),
    ],
)  # fmt: skip
def test_what_is_no_bounce_is_none(sender: str, subject: str, body: str) -> None:
    """N-96: unknown is never a bounce, let alone a hard one."""
    assert read(sender, subject, body).kind != "bounce"


@pytest.mark.parametrize(
    "said",
    [
        "550 Invalid sender address",
        "550 Your e-mail address is invalid",
        "550 Requested action not taken: mailbox unavailable",
        "Something is undeliverable to this recipient",
        "451 user unknown, for now",
    ],
)
def test_words_that_prove_no_dead_address_blame_none(said: str) -> None:
    """N-96: an address taken for dead by mistake loses a consumer."""
    report = read("MAILER-DAEMON@a.example", "Undelivered", f"<ann@a.example>:\n{said}\n")
    assert (report.kind, report.recipient) == ("bounce", "ann@a.example")
    assert report.blame != "hard"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        (
            "Delivery Status Notification (Delay)",
            "Delivery to the following recipient has been delayed:\n\n  ann@a.example\n",
        ),
        ("Warning: message 1abc delayed 24 hours", "ann@a.example\nDelivery attempts will continue\n"),
        (
            "Returned mail",
            "<ann@a.example>\n451 name server timeout\nWarning: message still undelivered\nWill keep trying until\n",
        ),
    ],
)
def test_a_warning_is_no_bounce(subject: str, body: str) -> None:
    """L-073, without the fields of RFC 3464; even with the header that names the recipient."""
    assert read("MAILER-DAEMON@a.example", subject, body).kind == "delayed"
    if "Warning" in subject:
        assert read("MAILER-DAEMON@a.example", subject, body, "X-Failed-Recipients: ann@a.example\n").kind == "delayed"
