"""Unpacks a body piece by piece within limits, because a small gzip can hold a disk full of zeros (S60, S61)."""

import zlib
from collections.abc import Iterator
from typing import Final

from shared.kit.errors import TooLargeError, UnreadableBodyError

BLOCK_OCTETS: Final = 256 * 1024
MOST_OCTETS: Final = 8 * 1024**3
MOST_RATIO: Final = 200
_RATIO_FROM: Final = 4 * 1024 * 1024
"""Up to here the ratio says nothing: a short file of equal lines packs very well."""


class Body:
    """Feeds raw pieces through; `octets` counts what came out. Members of a gzip may follow each other (RFC 1952 2.2)."""

    def __init__(self, *, gzipped: bool, most_octets: int = MOST_OCTETS) -> None:
        self._inflate = zlib.decompressobj(31) if gzipped else None
        self._most = most_octets
        self._taken = 0
        self.octets = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield blocks of at most 256 kB; raises UnreadableBodyError for what is no gzip and TooLargeError over a limit."""
        self._taken += len(piece)
        if self._inflate is None:
            yield self._counted(piece)
            return
        while piece:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(31)
            try:
                block = self._inflate.decompress(piece, BLOCK_OCTETS)
            except zlib.error:
                raise UnreadableBodyError("the body is not valid gzip") from None
            piece = self._inflate.unconsumed_tail or self._inflate.unused_data
            if block:
                yield self._counted(block)

    def finish(self) -> None:
        """Raise UnreadableBodyError for a gzip that was cut off."""
        if self._inflate is not None and not self._inflate.eof and self._taken:
            raise UnreadableBodyError("the gzip body is cut off")

    def _counted(self, block: bytes) -> bytes:
        self.octets += len(block)
        packed = self._inflate is not None and self.octets > _RATIO_FROM and self.octets > self._taken * MOST_RATIO
        if packed or self.octets > self._most:
            raise TooLargeError("the body unpacks to more than the limit")
        return block
