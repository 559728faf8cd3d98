"""Envelope and serializer: the bytes that leave are those that were decided on (S47, S48)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.smtp.envelope import Envelope, UnfitEnvelopeError
from services.mailer.smtp.serialize import UnfitMessageError, to_wire

HOSTILE = [
    '"a\r\nRCPT TO:<x@y.example.com>"@z.example.com',
    "a@b@c.example.com",
    "a(comment)@b.example.com",
    "<a@b.example.com>",
    "@a,@b:c@d.example.com",
    "a b@c.example.com",
    '"quoted"@c.example.com',
    "a@c.example.com\r\n",
    "a@c.example.com ",
    "a@",
    "@c",
    "",
    "a@münchen.example.com",
    "a\u2028b@c.example.com",
    "a\ud800@c.example.com",
    "a\0@c.example.com",
    "x" * 300 + "@c.example.com",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_that_is_not_canonical_never_becomes_a_command(address: str) -> None:
    """S47: refused, not repaired: a repaired address is another mailbox."""
    with pytest.raises(UnfitEnvelopeError):
        Envelope("b@m.example.com", address)
    with pytest.raises(UnfitEnvelopeError):
        Envelope(address, "a@c.example.com")


@given(st.text(max_size=80))
def test_recipient_bytes_equal_the_address_or_nothing_is_written(address: str) -> None:
    """S47, over any text."""
    try:
        envelope = Envelope("b@m.example.com", address)
    except UnfitEnvelopeError:
        return
    assert envelope.commands(())[1] == b"RCPT TO:<" + address.encode() + b">\r\n"


def test_options_are_sent_only_where_they_are_offered() -> None:
    """RFC 1870, RFC 6531."""
    envelope = Envelope("b@m.example.com", "-o'neil+x@c.example.com", size=77)
    assert envelope.commands({"size"})[0] == b"MAIL FROM:<b@m.example.com> SIZE=77\r\n"
    assert envelope.commands(())[0] == b"MAIL FROM:<b@m.example.com>\r\n"
    assert b"SMTPUTF8" in Envelope("b@m.example.com", "jörg@c.example.com").commands(())[0]


@pytest.mark.parametrize(
    "message", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n\n\r", b"a", b"", b"a\0\r\n", b"x" * 999 + b"\r\n", b"\r\r\n\n\r\n"]
)
def test_the_serializer_lets_nothing_malformed_out(message: bytes) -> None:
    """S48: a bug in composing stops here."""
    with pytest.raises(UnfitMessageError):
        to_wire(message)


@given(st.lists(st.binary(max_size=30).map(lambda line: line.translate(None, b"\r\n\0")), min_size=1))
def test_dot_stuffing_can_be_undone_and_leaves_no_lone_dot(lines: list[bytes]) -> None:
    """RFC 5321 4.5.2."""
    wire = to_wire(b"".join(line + b"\r\n" for line in lines))
    got = wire.split(b"\r\n")[:-1]
    assert b"." not in got
    assert [line[1:] if line.startswith(b".") else line for line in got] == lines
