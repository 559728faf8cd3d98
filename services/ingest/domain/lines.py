"""Cuts a stream of bytes into chunks of lines in bounded memory; the cuts depend on the content alone, so that a repeat finds the same ones."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

CHUNK_LINES: Final = 5000
CHUNK_OCTETS: Final = 4 * 1024 * 1024
MOST_LINE_OCTETS: Final = 64 * 1024
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines with their numbers (from 1); None stands for a line over the limit.

    `lines_hash` covers everything up to `last_line`, `octets` counts it.
    """

    numbers: list[int]
    lines: list[bytes | None]
    last_line: int
    lines_hash: bytes
    octets: int


class Lines:
    """Takes blocks, yields chunks. With `quoted` a line goes on while a double quote is open, as in CSV (RFC 4180 2.6).

    `after` are line, hash and octets of the chunk behind which the blocks go on.
    """

    def __init__(self, *, quoted: bool, after: tuple[int, bytes, int] = (0, b"", 0)) -> None:
        self._quoted = quoted
        self._rest = b""
        self._overlong = False
        self._line, self._chain, self._octets_taken = after
        self._first = 0
        self._open: list[bytes] = []
        self._open_octets = 0
        self._in_quotes = False
        self._start_anew()

    def feed(self, block: bytes) -> Iterator[Chunk]:
        """Yield the chunks that are full."""
        parts = (self._rest + block).split(b"\n")
        self._rest = parts.pop()
        for part in parts:
            self._octets_taken += len(part) + 1
            if not part and not self._in_quotes and not self._overlong:
                self._line += 1  # an empty line is no record, and ten million of them are no work
            elif self._take(part):
                yield self._cut()
        if len(self._rest) > MOST_LINE_OCTETS:
            self._octets_taken += len(self._rest)
            self._rest, self._overlong = b"", True

    def finish(self) -> Iterator[Chunk]:
        """Yield what is left; a last line needs no line end."""
        if self._rest or self._overlong:
            self._octets_taken += len(self._rest)
            self._take(self._rest)
        if self._open:
            self._keep(None)  # a quote that never closes
        if self._lines:
            yield self._cut()

    def _take(self, part: bytes) -> bool:
        """Take one physical line; return whether the chunk is full."""
        self._line += 1
        if self._line == 1 and part.startswith(_BOM):
            part = part[3:]
        if part.endswith(b"\r"):
            part = part[:-1]
        overlong = self._overlong or len(part) > MOST_LINE_OCTETS
        self._overlong = False
        if not self._quoted:
            self._keep(None if overlong else part)
        elif overlong:
            self._keep(None)
        else:
            self._join(part)
        return len(self._lines) >= CHUNK_LINES or self._octets >= CHUNK_OCTETS

    def _join(self, part: bytes) -> None:
        self._open.append(part)
        self._open_octets += len(part) + 1
        self._in_quotes ^= bool(part.count(b'"') % 2)
        if self._open_octets > MOST_LINE_OCTETS:
            self._keep(None)
        elif not self._in_quotes:
            self._keep(b"\n".join(self._open))
        else:
            self._first = self._first or self._line

    def _keep(self, line: bytes | None) -> None:
        self._numbers.append(self._first or self._line)
        self._lines.append(line)
        self._octets += len(line or b"")
        self._first, self._open, self._open_octets, self._in_quotes = 0, [], 0, False

    def _cut(self) -> Chunk:
        content = b"\n".join([self._chain, *(line or b"" for line in self._lines), b""])
        self._chain = hashlib.sha256(content).digest()
        chunk = Chunk(self._numbers, self._lines, self._line, self._chain, self._octets_taken)
        self._start_anew()
        return chunk

    def _start_anew(self) -> None:
        self._numbers: list[int] = []
        self._lines: list[bytes | None] = []
        self._octets = 0
