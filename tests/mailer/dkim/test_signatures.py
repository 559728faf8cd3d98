"""Every signature is checked by dkimpy, which shares no line with ours; every change of what is covered breaks it."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.smtp.dkim import UnfitKeyError, load_key, relax_body, relax_headers
from services.mailer.smtp.headers import UnfitHeaderError
from services.mailer.smtp.serialize import to_wire
from tests.mailer.dkim.mail import ALGORITHMS, compose_signed, key_of, published, verdicts

NOW = datetime.now(UTC)  # dkimpy compares t= and x= with the machine's clock
COVERED = [
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID",
    "Auto-Submitted", "MIME-Version", "Content-Type",
]  # fmt: skip
ADDED = ["From: evil@example.net", "Subject: Other", "To: x@example.net", "Reply-To: evil@example.net", "Cc: x@example.net",
         "List-Unsubscribe: <https://evil.example.net/>", "Content-Type: text/html"]  # fmt: skip
CRUEL_TEXT = st.text(st.characters(codec="utf-8"), max_size=200) | st.lists(
    st.sampled_from([" ", "\t", "  \r\n", "\r\n", "\n.\n", "\r\n.\r\n", "é", "x" * 1200, "a  b\t c ", "From ", "="]),
    max_size=12,
).map("".join)


def tags_of(data: bytes) -> list[dict[str, str]]:
    """The tags of each signature."""
    found = message_from_bytes(data).get_all("DKIM-Signature") or []
    return [
        {name.strip(): re.sub(r"\s", "", value) for name, _, value in (tag.partition("=") for tag in row.split(";"))}
        for row in found
    ]


def test_both_signatures_verify() -> None:
    """L-031, L-051, S56: RSA-2048 and Ed25519 side by side, List-Unsubscribe folded over several lines."""
    data = compose_signed(at=NOW)
    assert b"List-Unsubscribe: <https" in data
    assert b">,\r\n <mailto:" in data
    assert verdicts(data) == [True, True]


def test_a_signature_alone_verifies() -> None:
    """L-051: each stands by itself, for receivers that know one algorithm."""
    assert [verdicts(compose_signed(algorithm, at=NOW)) for algorithm in ALGORITHMS] == [[True], [True]]


def test_the_tags_say_what_the_rules_ask_for() -> None:
    """S56, L-031, L-051: everything covered once more than it occurs, times set, no l=, d= is the domain of From."""
    for tags in tags_of(compose_signed(at=NOW)):
        named = tags["h"].split(":")
        assert {name: named.count(name) for name in [*COVERED, "Cc"]} == dict.fromkeys(COVERED, 2) | {"Cc": 1}
        assert len(named) == 2 * len(COVERED) + 1
        assert "l" not in tags
        assert (tags["v"], tags["c"], tags["d"]) == ("1", "relaxed/relaxed", "bright.example.com")
        assert int(tags["t"]) == int(NOW.timestamp())
        assert int(tags["x"]) - int(tags["t"]) == timedelta(days=7).total_seconds()


@given(subject=CRUEL_TEXT, text=CRUEL_TEXT, html=CRUEL_TEXT)
def test_whatever_is_composed_verifies_as_it_goes_over_the_wire(subject: str, text: str, html: str) -> None:
    """L-031, S46 to S48: any subject and body; dot-stuffing is undone by the receiver and is no part of what is signed."""
    try:
        data = compose_signed("ed25519", subject=subject, text=text, html=html, at=NOW)
    except UnfitHeaderError:
        return
    received = to_wire(data).replace(b"\r\n..", b"\r\n.")
    assert verdicts(received) == [True]


@given(block=st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b":", b"=\r\n"]), max_size=30).map(b"".join))
def test_bodies_are_relaxed_as_the_independent_library_relaxes_them(block: bytes) -> None:
    """RFC 6376 3.4.4."""
    block += b"\r\n"  # as every body of ours ends
    assert relax_body(block) == dkim.canonicalization.Relaxed.canonicalize_body(block)


def test_headers_are_relaxed_as_the_standard_shows() -> None:
    """RFC 6376 3.4.5, the example of the standard."""
    assert relax_headers(b"A: X\r\nB : Y\t\r\n\tZ  \r\n") == b"a:X\r\nb:Y Z\r\n"
    assert relax_body(b" C \r\nD \t E\r\n\r\n\r\n") == b" C\r\nD E\r\n"
    assert relax_body(b"\r\n\r\n") == b""


@pytest.mark.parametrize("name", COVERED)
def test_a_changed_header_breaks_the_signatures(name: str) -> None:
    """S56: whatever is covered cannot be changed."""
    data = compose_signed(at=NOW)
    changed = re.sub(rf"(?m)^{name}: ".encode(), f"{name}: x".encode(), data, count=1)
    assert changed != data
    assert verdicts(changed) == [False, False]


@pytest.mark.parametrize("name", COVERED)
def test_a_removed_header_breaks_the_signatures(name: str) -> None:
    """S56: nor taken away."""
    data = compose_signed(at=NOW)
    removed = re.sub(rf"(?m)^{name}: .*\r\n(?:[ \t].*\r\n)*".encode(), b"", data, count=1)
    assert len(removed) < len(data)
    assert verdicts(removed) == [False, False]


@pytest.mark.parametrize("line", ADDED)
@pytest.mark.parametrize("at_the_end", [False, True])
def test_an_added_header_breaks_the_signatures(line: str, at_the_end: bool) -> None:
    """S56, oversigning: a second From or Subject, another opt-out link, a Cc, on top or below."""
    data = compose_signed(at=NOW)
    head, _, body = data.partition(b"\r\n\r\n")
    added = line.encode()
    changed = (head + b"\r\n" + added if at_the_end else added + b"\r\n" + head) + b"\r\n\r\n" + body
    assert verdicts(changed) == [False, False]


def test_a_changed_or_longer_body_breaks_the_signatures() -> None:
    """S56: no l=, so that nothing can be appended."""
    data = compose_signed(at=NOW)
    assert verdicts(data.replace(b"<p>Hi</p>", b"<p>Ho</p>")) == [False, False]
    assert verdicts(data + b"<p>and this</p>\r\n") == [False, False]


def test_what_relays_may_do_does_not_break_them() -> None:
    """RFC 6376 3.4: folding anew, trailing space, empty lines at the end, trace headers in front."""
    data = compose_signed(at=NOW).replace(b"Subject: Your visit", b"Subject:\r\n Your   visit ")
    assert verdicts(b"Received: from a by b\r\n" + data + b"\r\n\r\n") == [True, True]


def test_another_key_or_none_does_not_verify() -> None:
    """L-051: the record decides."""
    data, records = compose_signed(at=NOW), published()
    first, _ = records
    assert verdicts(data, {}) == [False, False]
    assert verdicts(data, {first: records[first]}) == [True, False]
    other = records | {
        first: records[first][:200] + ("A" if records[first][200] != "A" else "B") + records[first][201:]
    }
    assert verdicts(data, other) == [False, True]


def test_a_signature_expires() -> None:
    """S56: replays after the life of a message fail."""
    assert verdicts(compose_signed(at=NOW - timedelta(days=8))) == [False, False]


def test_keys_that_are_none_are_refused() -> None:
    """S56, F23: garbage, the other algorithm, fewer than 2048 bits."""
    short = generate_private_key(65537, 1024).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for algorithm, octets in (("rsa", b"junk"), ("rsa", key_of("ed25519").private), ("rsa", short)):
        with pytest.raises(UnfitKeyError):
            load_key("s", algorithm, octets)  # type: ignore[arg-type]
