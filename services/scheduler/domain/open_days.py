"""The calendar of a location: for every day the last open day at or before it and the next one at or after it, so that rolling is a look-up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Final

from shared.schemas.location import WEEKDAYS, OpenHours

_REDRAW_DAYS: Final = 370

MOST_ROLLED_DAYS = 31
"""Beyond a month of closed days there is no day to roll to: the day itself then stands."""


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A calendar day and where rolling leads from it, None where no open day is near.

    `ordinal` counts the open days up to it, itself included; `open_minutes`: how long it is open, 0 on a closed day.
    """

    day: date
    back_to: date | None
    forward_to: date | None
    ordinal: int
    open_minutes: int


def draw_open_days(hours: Sequence[OpenHours], closures: Collection[date], *, first: date, last: date) -> list[OpenDay]:
    """Return the days from `first` to `last`. A day is open when its weekday has hours and it is no closure (N-53)."""
    minutes = _minutes_by_weekday(hours)
    closed = frozenset(closures)
    start = first - timedelta(days=MOST_ROLLED_DAYS)
    days = [start + timedelta(days=number) for number in range((last - start).days + MOST_ROLLED_DAYS + 1)]
    is_open = {day: day.weekday() in minutes and day not in closed for day in days}
    numbers = dict(zip(days, accumulate(is_open[day] for day in days), strict=True))
    return [
        OpenDay(
            day,
            _nearest(day, -1, is_open),
            _nearest(day, 1, is_open),
            numbers[day],
            minutes[day.weekday()] if is_open[day] else 0,
        )
        for day in days
        if first <= day <= last
    ]


def _minutes_by_weekday(hours: Sequence[OpenHours]) -> dict[int, int]:
    """Return how long each weekday with hours is open; rows that overlap count once."""
    spans: dict[int, set[int]] = {}
    for row in hours:
        opens, closes = (moment.hour * 60 + moment.minute for moment in (row.opens, row.closes))
        spans.setdefault(WEEKDAYS.index(row.weekday), set()).update(range(opens, closes))
    return {weekday: len(minutes) for weekday, minutes in spans.items()}


def _nearest(day: date, direction: int, is_open: dict[date, bool]) -> date | None:
    for distance in range(MOST_ROLLED_DAYS + 1):
        candidate = day + timedelta(days=direction * distance)
        if is_open.get(candidate, False):
            return candidate
    return None


def redraw_until(now: datetime) -> date:
    """Return the day that every calendar is to reach, in UTC: a year ahead and some days."""
    return now.date() + timedelta(days=_REDRAW_DAYS)
