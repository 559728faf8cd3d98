"""Messages read back with the standard library: hostile names, subjects and bodies change no header and no line (S46 to S48)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import format_datetime
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.smtp.compose import Composed, Letter, SenderLines, Skeleton
from services.mailer.smtp.headers import UnfitHeaderError, format_date, mailbox_header, text_header
from services.mailer.smtp.serialize import to_wire
from services.mailer.smtp.verp import ReturnAddresses

RETURNS = ReturnAddresses({"1": b"k" * 32})
NAMES = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "Reply-To",
    "List-Unsubscribe-Post",
    "List-Id",
    "Auto-Submitted",
    "Precedence",
    "MIME-Version",
    "Content-Type",
]
FORBIDDEN = set(map(chr, range(0x20))) | set(map(chr, range(0x7F, 0xA0))) | {"\u2028", "\u2029"}
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=300)
CRUEL_TEXT = ANY_TEXT | st.lists(
    st.sampled_from(
        ["\r\n.\r\n", "\n.\r\n", ".", "\r", "\0", "é", "x" * 1200, "--=_", "=?utf-8?q?a=0ABcc:_x?=", "From ", " \r\n"]
    ),
    max_size=12,
).map("".join)


def skeleton(display_name: str = "Bright Smile Dental") -> Skeleton:
    """A sender as portal knows it."""
    return Skeleton(
        SenderLines(
            display_name,
            "hello@bright.example.com",
            "desk@bright.example.com",
            "commercial.l1.dueback.example.com",
            "m.example.com",
        ),
        RETURNS,
    )


def compose(
    *,
    subject: str = "Your visit",
    text: str = "Hi\n",
    html: str = "<p>Hi</p>",
    message_id: UUID | None = None,
    name: str = "Bright Smile Dental",
) -> Composed:
    """One message with the given parts."""
    at = datetime(2026, 11, 23, 9, 5, 7, tzinfo=UTC)
    url = "https://optout.example.com/o/" + "A1b-" * 34
    return skeleton(name).compose(Letter(message_id or uuid4(), "ann@y.example.com", subject, text, html, at, url))


def as_lines(text: str) -> str:
    """What a reader gets of `text`: CRLF, CR and LF are line ends, the last one is there."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def two_parts(data: bytes) -> "list[Message[Any, Any]]":
    """The parts as the standard library finds them."""
    return cast("list[Message[Any, Any]]", message_from_bytes(data).get_payload())


def test_every_message_carries_the_headers_the_rules_ask_for() -> None:
    """L-030, L-038, L-039, L-055, L-078, S57: exactly the allow-list, each once, with the values promised."""
    message_id = uuid4()
    composed = compose(message_id=message_id)
    message = message_from_bytes(composed.data, policy=policy.default)
    assert list(message.keys()) == NAMES
    assert message["From"] == "Bright Smile Dental <hello@bright.example.com>"
    assert message["To"] == "ann@y.example.com"
    assert message["Message-ID"] == composed.message_id_header == f"<{message_id}@m.example.com>"
    assert message["Date"] == "Mon, 23 Nov 2026 09:05:07 +0000"
    https, mailto = str(message["List-Unsubscribe"]).split(", ")
    assert https.startswith("<https://optout.example.com/o/")
    assert RETURNS.verify(mailto.removeprefix("<mailto:").partition("@")[0]) == ("unsub", message_id)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<commercial.l1.dueback.example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert RETURNS.verify(skeleton().sender_of(message_id).partition("@")[0]) == ("b", message_id)
    parts = [part.get_content_type() for part in two_parts(composed.data)]
    assert parts == ["text/plain", "text/html"]
    assert not message.defects


def test_the_same_message_composed_again_has_the_same_bytes() -> None:
    """Message-ID, envelope sender and boundary follow from the message's id, never from the attempt."""
    message_id = uuid4()
    assert compose(message_id=message_id) == compose(message_id=message_id)
    assert compose(message_id=message_id).sha256 == compose(message_id=message_id).sha256


@given(subject=CRUEL_TEXT, name=CRUEL_TEXT)
def test_a_hostile_subject_or_name_is_refused_or_shown_as_it_is(subject: str, name: str) -> None:
    """S46: the header names stay the allow-list; what is accepted is what the reader sees, encoded words included."""
    try:
        composed = compose(subject=subject, name=name)
    except UnfitHeaderError:
        assert FORBIDDEN & set(subject + name) or len(subject) > 1000 or len(name) > 1000
        return
    message = message_from_bytes(composed.data)
    assert list(message.keys()) == NAMES
    assert str(make_header(decode_header(message["Subject"]))).split() == subject.split()
    assert two_parts(composed.data)[0].get_content_type() == "text/plain"
    assert max(map(len, composed.data.split(b"\r\n"))) <= 998


@given(text=CRUEL_TEXT, html=CRUEL_TEXT)
def test_hostile_bodies_stay_one_message_with_clean_lines(text: str, html: str) -> None:
    """S48: no bare CR or LF, no line over 998 octets, no lone dot, and the reader gets what was written."""
    composed = compose(text=text, html=html)
    wire = to_wire(composed.data)
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    assert b"\r\n.\r\n" not in wire
    assert max(map(len, wire.split(b"\r\n"))) <= 999
    assert b"\0" not in wire
    assert wire.isascii()
    first, second = two_parts(wire.replace(b"\r\n..", b"\r\n."))
    for part, given_text in ((first, text), (second, html)):
        got = cast("bytes", part.get_payload(decode=True)).decode()
        assert got.replace("\r\n", "\n") + "\n" == as_lines(
            given_text
        )  # the last line end belongs to the boundary (RFC 2046 5.1.1)


def test_a_boundary_hidden_in_a_field_is_no_boundary() -> None:
    """S48: whoever knows the id still cannot close a part."""
    message_id = uuid4()
    composed = compose(message_id=message_id, text=f"--=_{message_id.hex}--\n--=_{message_id.hex}_\n")
    first, _ = two_parts(composed.data)
    assert str(first.get_payload()).count(message_id.hex) == 2


@pytest.mark.parametrize(
    "value", ["a\r\nBcc: x@y.example.com", "a\nb", "a\0b", "a\x85b", "a\u2028b", "a\u2029b", "a\ud800b", "x" * 10_000]
)
def test_a_header_value_with_a_line_end_is_refused_whole(value: str) -> None:
    """S46: refused, not repaired: a repaired value is a guess."""
    with pytest.raises(UnfitHeaderError):
        text_header("Subject", value)
    with pytest.raises(UnfitHeaderError):
        mailbox_header("From", value, "a@example.com")
    with pytest.raises(UnfitHeaderError):
        mailbox_header("From", "a", value)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Bright Smile", b"From: Bright Smile <a@example.com>\r\n"),
        ('Smith & "Sons", DDS.', b'From: "Smith & \\"Sons\\", DDS." <a@example.com>\r\n'),
        ("Zähne", b"From: =?utf-8?b?WsOkaG5l?= <a@example.com>\r\n"),
        ("ceo@bank.example.com", b'From: "ceo@bank.example.com" <a@example.com>\r\n'),
    ],
)
def test_a_display_name_is_quoted_or_encoded_as_it_needs(name: str, line: bytes) -> None:
    """RFC 5322 3.4, RFC 2047 5 (3)."""
    assert mailbox_header("From", name, "a@example.com") == line


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_are_those_of_the_standard_library(at: datetime) -> None:
    """RFC 5322 3.3."""
    assert format_date(at) == format_datetime(at)


def test_a_signer_sees_every_header_and_the_body_and_its_line_comes_first() -> None:
    """The seam for DKIM: what is signed is what is sent."""
    seen: list[bytes] = []

    def sign(headers: Sequence[bytes], body: bytes) -> bytes:
        seen.append(b"".join(headers) + b"\r\n" + body)
        return b"DKIM-Signature: v=1\r\n"

    letter = Letter(
        uuid4(), "ann@y.example.com", "s", "t", "<p>h</p>", datetime(2026, 1, 1, tzinfo=UTC), "https://o.example.com/x"
    )
    assert skeleton().compose(letter, sign).data == b"DKIM-Signature: v=1\r\n" + seen[0]
    assert skeleton().compose(letter).data == seen[0]
