"""Intervals of proportions against published worked examples, and by how often they hold what they should."""

import random

import pytest

from services.scheduler.domain.proportions import difference_interval, wilson_interval


@pytest.mark.parametrize(
    ("hits", "trials", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(hits: int, trials: int, lower: float, upper: float) -> None:
    """S-006: Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3."""
    assert list(wilson_interval(hits, trials)) == pytest.approx([lower, upper], abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "lower", "upper"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombes_interval_is_the_published_one(counts: tuple[int, int, int, int], lower: float, upper: float) -> None:
    """S-006: Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10."""
    assert list(difference_interval(*counts)) == pytest.approx([lower, upper], abs=5e-5)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """S-006: over 500 draws of small groups, in 92 to 98 of a hundred."""
    dice = random.Random(7)

    def hits(share: float, trials: int) -> int:
        return sum(dice.random() < share for _ in range(trials))

    held = 0
    for _ in range(500):
        lower, upper = difference_interval(hits(0.3, 120), 120, hits(0.2, 40), 40)
        held += lower <= 0.1 <= upper
    assert 460 <= held <= 490
