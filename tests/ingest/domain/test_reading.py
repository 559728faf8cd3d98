"""Reading in pieces is reading: cuts, packing and line ends never change what comes out."""

import gzip
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.body import Body
from services.ingest.domain.lines import CHUNK_LINES, MOST_LINE_OCTETS, Chunk, Lines
from shared.kit.errors import TooLargeError, UnreadableBodyError


def _read(pieces: Iterable[bytes], *, quoted: bool = False) -> list[Chunk]:
    lines = Lines(quoted=quoted)
    return [chunk for piece in pieces for chunk in lines.feed(piece)] + list(lines.finish())


def _cut(body: bytes, cuts: list[int]) -> list[bytes]:
    bounds = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return [body[first:last] for first, last in pairwise(bounds)]


@given(
    st.lists(st.sampled_from([b"", b"a", b'"', b'x"y"', b'say ""', b"a,b\r", b"z" * 40]), max_size=30),
    st.lists(st.integers(0, 500), max_size=8),
    st.booleans(),
)
def test_the_cuts_of_the_network_change_nothing(parts: list[bytes], cuts: list[int], quoted: bool) -> None:
    """S62: the same lines, numbers and hashes however the octets arrive."""
    body = b"\n".join(parts)
    assert _read(_cut(body, cuts), quoted=quoted) == _read([body], quoted=quoted)


def test_lines_keep_their_numbers() -> None:
    """N-81: from 1, empty lines counted; a quoted newline belongs to its row."""
    plain = _read([b"\xef\xbb\xbfa\r\n\nb\nc"])[0]
    assert (plain.numbers, plain.lines, plain.last_line) == ([1, 3, 4], [b"a", b"b", b"c"], 4)
    rows = _read([b'h\n"a\nb",c\nd\n"never closed\n'], quoted=True)[0]
    assert (rows.numbers, rows.lines) == ([1, 2, 4, 5], [b"h", b'"a\nb",c', b"d", None])


def test_chunks_are_bounded_in_lines_and_octets() -> None:
    """Bounded memory: 5,000 lines or 4 MB; a line over 64 kB is None."""
    assert [len(chunk.lines) for chunk in _read([b"a\n" * (CHUNK_LINES + 1)])] == [CHUNK_LINES, 1]
    long = _read([(b"x" * 60000 + b"\n") * 100])
    assert max(sum(len(line or b"") for line in chunk.lines) for chunk in long) < 5 * 1024 * 1024
    assert _read([b"x" * (MOST_LINE_OCTETS + 1) + b"\ny"])[0].lines == [None, b"y"]


def test_a_body_unpacks_within_limits() -> None:
    """S60, S61: size, ratio, cut off, garbage after the end."""
    packed = gzip.compress(b"hello " * 1000)
    body = Body(gzipped=True)
    assert b"".join(body.feed(packed)) == b"hello " * 1000
    body.finish()
    cut = Body(gzipped=True)
    list(cut.feed(packed[:-4]))
    with pytest.raises(UnreadableBodyError):
        cut.finish()
    with pytest.raises(UnreadableBodyError):
        list(Body(gzipped=True).feed(packed + b"tail"))
    with pytest.raises(TooLargeError):
        list(Body(gzipped=False, most_octets=10).feed(b"x" * 11))
    with pytest.raises(TooLargeError):
        list(Body(gzipped=True).feed(gzip.compress(b"0" * 50_000_000)))
