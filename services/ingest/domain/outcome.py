"""What became of a record, as one letter, so that a million results are a megabyte."""

from collections.abc import Iterator
from typing import Final

OUTCOMES: Final = {"a": "applied", "u": "unchanged", "s": "superseded", "p": "parked", "r": "rejected"}
REJECTED: Final = "r"
NO_RECORD: Final = "."
"""An empty line, a header, a line inside a quoted one."""


_WIDEST_GAP: Final = 1000


def spread_outcomes(letters: dict[int, str]) -> list[tuple[int, str]]:
    """Return runs of first line and one letter for every line from there on; a wide gap (a million empty lines) begins another run."""
    lines = sorted(letters)
    if lines and lines[-1] - lines[0] == len(lines) - 1:
        return [(lines[0], "".join(map(letters.__getitem__, lines)))]
    runs: list[tuple[int, list[str]]] = []
    end = 0
    for line in lines:
        if not runs or line - end > _WIDEST_GAP:
            runs.append((line, []))
            end = line
        runs[-1][1].append(NO_RECORD * (line - end) + letters[line])
        end = line + 1
    return [(first, "".join(found)) for first, found in runs]


def read_outcomes(first_line: int, outcomes: str) -> Iterator[tuple[int, str]]:
    """Yield line and outcome of every record."""
    for line, letter in enumerate(outcomes, start=first_line):
        if letter != NO_RECORD:
            yield line, OUTCOMES[letter]
