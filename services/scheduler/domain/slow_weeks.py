"""Is next week slow? What is booked by now, against what was booked so long before in weeks like it (domain 2.1, the slow-week alert).

The same week of up to three earlier years, where the source knows when its appointments were booked, less if it is open on fewer days than weeks
usually are; else the last eight weeks, by open day. Cancelled appointments count nowhere, so the years' weeks are without those that were cancelled
later: the measure is on the safe side. Slow is a fifth less than usual and more than chance: 1.64 standard deviations of two Poisson counts,
which a usual week passes one time in twenty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from shared.schemas.slow_weeks import Basis

YEARS: Final = (52, 104, 156)
"""Weeks back, so that weekdays agree."""
WEEKS: Final = tuple(range(1, 9))
_FEWEST_WEEKS: Final = 4
_KNOWN: Final = 0.8
"""Share of a week's appointments of which it must be known when they were booked."""
_LEAST_USUAL: Final = 5.0
_SHORT: Final = 0.8
_DEVIATIONS: Final = 1.64


@dataclass(frozen=True, slots=True)
class WeekCount:
    """A week so many `weeks_back` from the coming one (0): appointments booked by the same time before it, all, and those of known booking time."""

    weeks_back: int
    booked: int
    appointments: int
    known: int
    open_days: int


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual: a mean over so many compared weeks."""

    mean: float
    basis: Basis
    weeks: int


def find_usual(counts: Sequence[WeekCount]) -> Usual | None:
    """Return what is usual for the week with `weeks_back` 0 among these, or None where nothing can be compared."""
    coming = next((week for week in counts if week.weeks_back == 0), None)
    if coming is None or coming.open_days == 0:
        return None
    known = [week for week in counts if week.appointments and week.known >= _KNOWN * week.appointments]
    years = [week.booked for week in known if week.weeks_back in YEARS]
    if years:
        most = max(week.open_days for week in counts)
        return Usual(sum(years) / len(years) * coming.open_days / most, "years", len(years))
    paces = [week.booked / week.open_days for week in known if week.weeks_back in WEEKS and week.open_days]
    if len(paces) < _FEWEST_WEEKS:
        return None
    return Usual(coming.open_days * sum(paces) / len(paces), "weeks", len(paces))


def is_slow(booked: int, usual: Usual) -> bool:
    """Tell whether a week with so many appointments is slow."""
    chance = sqrt(usual.mean * (1 + 1 / usual.weeks))
    return usual.mean >= _LEAST_USUAL and booked <= _SHORT * usual.mean and usual.mean - booked >= _DEVIATIONS * chance


def explain_week(booked: int, usual: float, basis: Basis, weeks: int) -> str:
    """Return the sentence for the front desk."""
    compared = {
        "years": f"the same week of {'the last year' if weeks == 1 else f'{weeks} earlier years'}",
        "weeks": f"{weeks} of the last eight weeks, by open day",
    }[basis]
    return f"{booked} appointments are booked; at this time before, {usual:.0f} were usual (measured by {compared})."
