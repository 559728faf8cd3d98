"""Intervals of proportions: Wilson's score interval, and Newcombe's of the difference of two (1998, Stat. Med. 17, 873-890, method 10)."""

from math import sqrt
from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Return the bounds of a proportion at CONFIDENCE; `trials` is at least 1."""
    share, z2 = hits / trials, _Z * _Z
    middle = 2 * hits + z2
    spread = _Z * sqrt(z2 + 4 * hits * (1 - share))
    return max(0.0, (middle - spread) / (2 * (trials + z2))), min(1.0, (middle + spread) / (2 * (trials + z2)))


def difference_interval(hits: int, trials: int, other_hits: int, other_trials: int) -> tuple[float, float]:
    """Return the bounds of the first proportion less the other, at CONFIDENCE; both groups have at least one."""
    share, other = hits / trials, other_hits / other_trials
    lower, upper = wilson_interval(hits, trials)
    other_lower, other_upper = wilson_interval(other_hits, other_trials)
    difference = share - other
    below = sqrt((share - lower) ** 2 + (other_upper - other) ** 2)
    above = sqrt((upper - share) ** 2 + (other - other_lower) ** 2)
    return difference - below, difference + above
