"""The strict reply parser: exactly a reply or garbage (RFC 5321 4.2, reliability.md 2.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.smtp.replies import GarbledReplyError, ReplyReader


def test_replies_are_read_whatever_the_segments_are() -> None:
    """TCP cuts where it likes."""
    stream = b"250-mail.example.com\r\n250-PIPELINING\r\n250 SIZE 1000\r\n354\r\n550-5.1.1 no such\r\n550 5.1.1 user here\r\n"
    whole = ReplyReader().feed(stream)
    reader = ReplyReader()
    assert whole == [reply for octet in stream for reply in reader.feed(bytes((octet,)))]
    assert [reply.code for reply in whole] == [250, 354, 550]
    assert whole[0].enhanced is None
    assert (whole[2].enhanced, whole[2].text) == ((5, 1, 1), "no such user here")


@pytest.mark.parametrize(
    "line",
    [
        b"25 ok",
        b"2500 ok",
        b"ok",
        b"",
        b"150 hm",
        b"650 ok",
        b"250_ok",
        b"250\tok",
        b"250 a\x00b",
        b"\xff\xfe",
        b"250 a\nb",
        b" 250 ok",
        b"250 " + b"x" * 3000,
    ],
)
def test_what_is_not_exactly_a_reply_is_garbage(line: bytes) -> None:
    """Two digits, other first digits, control characters, bare line feeds, over-long lines."""
    with pytest.raises(GarbledReplyError):
        ReplyReader().feed(line + b"\r\n")


def test_a_reply_that_changes_its_code_or_never_ends_is_garbage() -> None:
    """RFC 5321 4.2.1; bounded lines, bounded count."""
    for stream in (b"250-a\r\n550 b\r\n", b"250-a\r\n" * 64, b"2" * 5000):
        with pytest.raises(GarbledReplyError):
            ReplyReader().feed(stream)


def test_an_enhanced_code_of_another_class_is_not_believed() -> None:
    """RFC 2034 4: 250 5.1.1 is a contradiction; the reply code stands."""
    assert ReplyReader().feed(b"250 5.1.1 ok\r\n")[0].enhanced is None
    assert ReplyReader().feed(b"250 2.6.0 ok\r\n")[0].enhanced_code == "2.6.0"


@given(st.binary(max_size=400))
def test_any_bytes_give_replies_or_garbage_and_never_another_error(stream: bytes) -> None:
    """S-nn of the relay: a relay may say anything."""
    try:
        replies = ReplyReader().feed(stream)
    except GarbledReplyError:
        return
    assert all(200 <= reply.code <= 599 for reply in replies)
