"""Mail made to cost: the reader has a limit in every dimension (S49). The limits are counted, not timed."""

import random

import pytest

from services.mailer.smtp.report_mime import MOST_OCTETS, read_mail
from services.mailer.smtp.reports import classify


def nest(depth: int) -> bytes:
    """Return a mail of this many parts inside each other."""
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(depth)
    )
    return b"From: MAILER-DAEMON@a\n" + head + b"Content-Type: text/plain\n\n550 5.1.1 user unknown\n"


def test_a_thousand_nested_parts_are_cut_off() -> None:
    """S49."""
    mail = read_mail(nest(1_000))
    assert len(mail.parts) == 1
    assert classify(nest(1_000)).kind in ("bounce", "unclassified")


def test_a_hundred_thousand_parts_are_a_thousand() -> None:
    """S49."""
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhello\n" * 100_000
    assert len(read_mail(raw).parts) < 1_000


def test_a_hundred_thousand_headers_are_a_few_hundred() -> None:
    """S49."""
    raw = b"".join(b"X-%d: y\n" % number for number in range(100_000)) + b"\nhello"
    assert len(read_mail(raw).headers.fields) <= 500


def test_an_endless_header_is_cut_off() -> None:
    """S49: one line, or one field folded a million times."""
    for raw in (b"Subject: " + b"x" * 5_000_000, b"Subject: a\n" + b" b\n" * 1_000_000):
        assert len(read_mail(b"From: MAILER-DAEMON@a\n" + raw + b"\n\nhello").headers.get("subject")) < 10_000


def test_reports_wrapped_in_each_other_are_opened_a_few_times() -> None:
    """S49."""
    raw = (
        b"Content-Type: message/rfc822\n\n" * 1_000
        + b"Content-Type: multipart/report; boundary=x\n\n--x\n\nhi\n--x--\n"
    )
    assert classify(b"From: MAILER-DAEMON@a\n" + raw).blame is None


def test_of_fifty_megabytes_only_the_beginning_is_read() -> None:
    """S49."""
    raw = b"From: MAILER-DAEMON@a\n\n" + b"x" * 50_000_000
    mail = read_mail(raw)
    assert sum(len(part.octets) for part in mail.parts) <= MOST_OCTETS
    assert len(mail.parts[0].text()) < 200_000


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_million_lines_are_forty_thousand(end: bytes) -> None:
    """S49, S60: what is cut into lines costs an object a line, however short."""
    mail = read_mail(b"From: MAILER-DAEMON@a" + end + end + (b"x" + end) * 1_000_000)
    assert 30_000 < sum(part.octets.count(b"x") for part in mail.parts) < 40_000


@pytest.mark.parametrize(
    "text",
    [
        "<script>" * 30_000,
        "<" * 200_000,
        "a@" * 100_000,
        "x" * 1_000_000,
        "user " * 50_000,
        "mailbox is " * 30_000,
        "550 " * 60_000,
        "5.1.1." * 50_000,
        "\n" * 500_000,
        "-- original " * 20_000,
        "=?utf-8?B?" * 20_000,
        ("a" * 79 + "\n") * 5_000,
        "on wrote " * 30_000,
        "stop " * 60_000,
        "Final-Recipient: x\nAction: failed\n\n" * 10_000,
        '"notificationType":"Bounce"' + '"diagnosticCode":"\\' * 9_000,
        "my my " * 50_000,
        "From: x\n" * 20_000,
        "RCPT TO:<" * 30_000,
        "停止" * 50_000,
    ],
)
@pytest.mark.parametrize(
    "media_type", ["text/plain", "text/html", "message/delivery-status", "multipart/report; boundary=x"]
)
def test_a_text_made_to_cost_is_classified_all_the_same(text: str, media_type: str) -> None:
    """S49, S51: no search backtracks beyond its limit (the run's own time limit would tell)."""
    head = f"From: MAILER-DAEMON@a\nSubject: {text[:2000]!r}\nContent-Type: {media_type}\n\n".replace("\\n", " ")
    assert classify(head.encode() + text.encode()).kind


def test_noise_is_never_hard() -> None:
    """N-96: noise, with and without a head, and every cut of a real report."""
    chance = random.Random(3464)
    for _ in range(60):
        raw = chance.randbytes(2_000)
        assert classify(raw).blame != "hard"
        assert classify(b"From: MAILER-DAEMON@a\nSubject: failure\n\n" + raw).blame != "hard"
    report = (
        b"From: MAILER-DAEMON@a\nContent-Type: multipart/report; boundary=x\n\n--x\n\nsorry\n--x\n"
        b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.2.2\n\n--x--\n"
    )
    for end in range(len(report)):
        assert classify(report[:end]).blame != "hard"
