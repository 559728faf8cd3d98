"""How far a vehicle is driven a day, told from odometer readings of which some are wrong (N-66, N-67)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Final

MILES_A_KILOMETRE: Final = 0.621371
MOST_A_DAY: Final = 300.0
"""Miles: more than any vehicle is driven every day, taxis included; a reading that needs more is wrong."""
LEAST_A_DAY: Final = 1.0
"""Below it a vehicle stands, and only time counts."""
SHORTEST_DAYS: Final = 14
"""Two readings closer together than that say nothing about the pace."""
_MOST_READINGS: Final = 24


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading in miles."""

    read_on: date
    miles: float


@dataclass(frozen=True, slots=True)
class Pace:
    """`miles_a_day` is None where readings do not tell; `used` and `ignored` count readings."""

    miles_a_day: float | None
    used: int
    ignored: int


def find_pace(readings: Sequence[Reading]) -> Pace:
    """Return the pace as the repeated median of slopes (Siegel 1982): each reading's median slope to the others, and the median of those.

    Nearly half of the readings may be wrong without moving it. Believed at all is only the longest chain of readings that never falls and never
    rises faster than MOST_A_DAY; what stands outside it (a digit too many, a replaced or rolled-over odometer) is ignored. Of two chains of one
    length the one that reaches further into the present counts, then the calmer one.
    """
    known = sorted({(reading.read_on, reading.miles) for reading in readings if reading.miles > 0})[-_MOST_READINGS:]
    chain = _longest_chain(known)
    slopes = [
        [
            (one[1] - other[1]) / (one[0] - other[0]).days
            for other in chain
            if abs((one[0] - other[0]).days) >= SHORTEST_DAYS
        ]
        for one in chain
    ]
    medians = [median(of_one) for of_one in slopes if of_one]
    pace = median(medians) if medians else 0.0
    return Pace(pace if pace >= LEAST_A_DAY else None, len(chain), len(readings) - len(chain))


def _longest_chain(known: Sequence[tuple[date, float]]) -> list[tuple[date, float]]:
    best: list[list[tuple[date, float]]] = []
    for point in known:
        grown = [[*chain, point] for chain in best if _follows(chain[-1], point)]
        best.append(max(grown, key=lambda chain: (len(chain), -_steepest(chain)), default=[point]))
    return max(best, key=lambda chain: (len(chain), chain[-1][0], -_steepest(chain)), default=[])


def _steepest(chain: Sequence[tuple[date, float]]) -> float:
    return max(((b[1] - a[1]) / max((b[0] - a[0]).days, 1) for a, b in pairwise(chain)), default=0.0)


def _follows(earlier: tuple[date, float], later: tuple[date, float]) -> bool:
    days = (later[0] - earlier[0]).days
    return 0 <= later[1] - earlier[1] <= max(days, 1) * MOST_A_DAY
