"""When a recare date that changed begins a new cycle, and when the practice system has only recalculated it (N-61)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

_USUAL_DAYS: Final = 182


@dataclass(frozen=True, slots=True)
class RecareCycle:
    """The cycle of one person and type of recare: named by the date it began with, `due_on` as last heard."""

    began_with: date
    due_on: date


def continue_cycle(present: RecareCycle | None, due_on: date, interval_days: int | None) -> RecareCycle:
    """Return the cycle that `due_on` belongs to: the present one unless the date has moved by half an interval or more since it was last heard.

    A visit moves the date on by a whole interval, a recalculation by days. Only the last step counts: a date that moves a day every night stays in
    its cycle however far it has come.
    """
    half = (interval_days or _USUAL_DAYS) // 2
    if present is not None and abs((due_on - present.due_on).days) < half:
        return RecareCycle(present.began_with, due_on)
    return RecareCycle(due_on, due_on)
