"""Two bodies of time-zone data meet here: the database's, which computes when mail is due, and ours (tzdata, pinned), which the other services use.

Countries change their clocks at short notice (N-50); whichever is older is wrong by an hour from then on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_LOOKED_AT: Final = 53
"""Weeks: every clock change of a year lies between two of them."""


def moments_ahead(now: datetime) -> list[datetime]:
    """Return an instant of each week of the year ahead."""
    return [now + timedelta(weeks=number) for number in range(_LOOKED_AT)]


def first_difference(zone: str, moments: Sequence[datetime], offsets: Sequence[timedelta]) -> datetime | None:
    """Return the first of these instants at which our data has another offset than the one given for it, or None."""
    ours = ZoneInfo(zone)
    pairs = zip(moments, offsets, strict=True)
    return next((moment for moment, offset in pairs if moment.astimezone(ours).utcoffset() != offset), None)
