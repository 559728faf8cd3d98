"""Released figures point at nobody: too small is left out, what is left out cannot be worked out, two releases differ by nothing or by k."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.aggregates import LEAST_CONSUMERS, LEAST_SUBSCRIBERS, TOTAL, Cell, Group, release

_BANDS = ("0", "1", "2-3", "4+")
_TOTAL = Group("US-CA", "dental", TOTAL)
_VISITS = Group("US-CA", "dental", "visits_in_12_months")
_People = Mapping[str, Mapping[UUID, int]]


def people(counts: list[list[int]]) -> dict[str, dict[UUID, int]]:
    """Return bands of businesses: one row a business, one number a band."""
    return {
        band: {UUID(int=number + 1): row[place] for number, row in enumerate(counts) if row[place]}
        for place, band in enumerate(_BANDS)
    }


def joined(cells: Sequence[Cell]) -> dict[UUID, int]:
    """Return everybody in some cells, by business."""
    total: dict[UUID, int] = {}
    for cell in cells:
        for business, count in cell.items():
            total[business] = total.get(business, 0) + count
    return total


def published(bands: _People) -> dict[tuple[Group, str], int]:
    """Release one region of one vertical."""
    return release({_TOTAL: {TOTAL: joined(list(bands.values()))}, _VISITS: bands})


counts = st.lists(
    st.lists(st.integers(0, 60) | st.integers(0, 3), min_size=len(_BANDS), max_size=len(_BANDS)), max_size=12
)


@given(counts)
def test_no_figure_and_no_difference_stands_for_too_few(drawn: list[list[int]]) -> None:
    """S-101: every published cell, and what the total minus any of them leaves, is k people of 5 businesses, or nobody at all."""
    bands = people(drawn)
    figures = published(bands)
    shown = [band for group, band in figures if group == _VISITS]
    for band in shown:
        assert sum(bands[band].values()) >= LEAST_CONSUMERS
        assert len(bands[band]) >= LEAST_SUBSCRIBERS
        assert 2 * max(bands[band].values()) <= sum(bands[band].values())
    hidden = [bands[band] for band in _BANDS if band not in shown]
    if shown and hidden:
        rest = joined(hidden)
        assert len(hidden) >= 2
        assert sum(rest.values()) >= LEAST_CONSUMERS
        assert len(rest) >= LEAST_SUBSCRIBERS
        assert 2 * max(rest.values()) <= sum(rest.values())
    assert all(figure % LEAST_CONSUMERS == 0 for figure in figures.values())


@given(counts, st.integers(0, 11), st.integers(0, 3), st.integers(1, 19))
def test_two_releases_never_isolate_whoever_came_between_them(
    drawn: list[list[int]], business: int, band: int, newcomers: int
) -> None:
    """S-101: fewer than k people more, and each figure stays or moves by k; nothing says how many came, or that anybody did."""
    before = published(people(drawn))
    more = [list(row) for row in drawn]
    if not more:
        return
    more[business % len(more)][band] += newcomers
    after = published(people(more))
    for cell in before.keys() & after.keys():
        assert after[cell] - before[cell] in (0, LEAST_CONSUMERS)


def test_a_small_region_publishes_nothing_at_all() -> None:
    """N-109, S-101: four businesses, or nineteen people, or one business with more than half: not even the total."""
    for drawn in ([[30, 30, 30, 30]] * 4, [[1, 1, 1, 0]] * 5 + [[1, 1, 1, 1]], [[90, 0, 0, 0], *([[10, 0, 0, 0]] * 5)]):
        assert published(people(drawn)) == {}


def test_one_small_band_takes_the_next_smallest_along() -> None:
    """S-101: total minus the other bands would give it away."""
    figures = published(people([[1, 10, 20, 30]] * 6))
    assert {band: figure for (group, band), figure in figures.items() if group == _VISITS} == {"2-3": 120, "4+": 180}
    assert figures[_TOTAL, TOTAL] == 360


def test_two_small_bands_that_are_too_few_together_take_a_third() -> None:
    """S-101: two people and three people are five people."""
    figures = published(people([[1, 0, 30, 40], [1, 0, 30, 40], [0, 1, 30, 40], [0, 1, 30, 40], [0, 1, 30, 40]]))
    assert {band for group, band in figures if group == _VISITS} == {"4+"}
