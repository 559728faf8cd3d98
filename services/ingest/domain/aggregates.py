"""Figures that point at nobody: k-anonymous counts with complementary suppression, rounded down to steps of k (S-100, S-101).

A cell is one band of one dimension in one region and vertical; the bands of a dimension part the same people. Regions and verticals are not summed
up, so that the only sums that can be subtracted are those within a cell's own group.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

from shared.kit.errors import ConflictError

LEAST_CONSUMERS: Final = 20
LEAST_SUBSCRIBERS: Final = 5
TOTAL: Final = "total"
DIMENSIONS: Final = ("age_group", "visits_in_12_months", "language", "model_years")
"""The allow-list (S-100): minors and adults, how often somebody came, language, decade of the newest vehicle; `total` is everybody."""


class Group(NamedTuple):
    """People of a region and vertical, parted by one dimension."""

    region: str
    vertical: str
    dimension: str


Cell = Mapping[UUID, int]
"""Consumers by subscriber."""


class AggregatesOffError(ConflictError):
    """The operator has not turned aggregates on."""

    status, code, title = 403, "aggregates_off", "Aggregates are turned off."


def release(groups: Mapping[Group, Mapping[str, Cell]]) -> dict[tuple[Group, str], int]:
    """Return the figures that may be published, by group and band.

    Of a region and vertical whose people together are too few nothing is published. Within a group, bands that are too small are left out, and
    then the next smallest, until those left out are enough people of enough businesses among at least two bands: what the total minus the
    published ones leaves isolates nobody. What is published is rounded down to a multiple of k, so that two releases differ by nothing or by k.
    """
    published: dict[tuple[Group, str], int] = {}
    for group, bands in groups.items():
        whole = groups.get(group._replace(dimension=TOTAL), {}).get(TOTAL, {})
        if not _is_enough(whole):
            continue
        for band in _shown(bands):
            published[group, band] = _rounded(bands[band])
    return published


def contributors(groups: Mapping[Group, Mapping[str, Cell]]) -> set[UUID]:
    """Return whose people were counted, whether or not a figure could be published."""
    cells = (cell for group, bands in groups.items() if group.dimension == TOTAL for cell in bands.values())
    return {subscriber for cell in cells for subscriber, count in cell.items() if count > 0}


def _shown(bands: Mapping[str, Cell]) -> list[str]:
    """Return the bands to publish."""
    shown = sorted(
        (band for band, cell in bands.items() if _is_enough(cell)), key=lambda band: (_size(bands[band]), band)
    )
    hidden = [band for band in bands if band not in shown]
    while hidden and shown and (len(hidden) < 2 or not _is_enough(_joined(bands, hidden))):
        hidden.append(shown.pop(0))
    return shown


def _joined(bands: Mapping[str, Cell], names: list[str]) -> Cell:
    joined: dict[UUID, int] = {}
    for name in names:
        for subscriber, count in bands[name].items():
            joined[subscriber] = joined.get(subscriber, 0) + count
    return joined


def _size(cell: Cell) -> int:
    return sum(cell.values())


def _is_enough(cell: Cell) -> bool:
    """At least k people and five businesses, and no business so large that the others could work out its figure (at most half)."""
    size = _size(cell)
    businesses = [count for count in cell.values() if count > 0]
    return size >= LEAST_CONSUMERS and len(businesses) >= LEAST_SUBSCRIBERS and 2 * max(businesses) <= size


def _rounded(cell: Cell) -> int:
    return _size(cell) // LEAST_CONSUMERS * LEAST_CONSUMERS
