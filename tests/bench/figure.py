"""What a row of the bench is and what it reports, apart from the runner, so that a row is one file."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.sinks import Choice

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What the command line sets. tell: shows one line of progress."""

    tell: Tell
    messages: int = 20_000
    records: int = 60_000
    suppressions: int = 0
    queued: int = 1_000_000
    sink: Choice = "auto"


@dataclass(frozen=True)
class Figure:
    """One measured value beside its limit, both from this run.

    ratio: larger is better; where the goal is a bound, 1 means met. void: why the value counts for nothing (a ledger
    that is not clean), "" if it stands. details: (what, figure) pairs printed below the table.
    """

    id: str
    name: str
    value: float
    unit: str
    limit: str
    limit_value: float
    ratio: float
    note: str
    void: str = ""
    details: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The published fields; a void figure has no ratio worth anything and says so in its note."""
        data = asdict(self)
        void = data.pop("void")
        data.pop("details")
        return {**data, "ratio": 0.0, "note": f"VOID: {void}; {self.note}"} if void else data


@dataclass(frozen=True)
class Row:
    """One row: `measure` runs it from nothing and leaves nothing behind. goal: its target in words."""

    id: str
    name: str
    goal: str
    measure: Callable[[Options], Figure]
