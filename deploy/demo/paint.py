"""Colour where there is a terminal that wants it, and plain text everywhere else."""

import os
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True)
class Paint:
    """Wraps text in terminal codes if `colour`."""

    colour: bool

    def strong(self, text: str) -> str:
        """A heading."""
        return self._in("1", text)

    def faint(self, text: str) -> str:
        """What may be overlooked."""
        return self._in("2", text)

    def good(self, text: str) -> str:
        """It worked."""
        return self._in("1;32", text)

    def bad(self, text: str) -> str:
        """It did not."""
        return self._in("1;31", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def paint_for(stream: TextIO) -> Paint:
    """Colour for a terminal, unless NO_COLOR is set (no-color.org)."""
    return Paint(stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb")
