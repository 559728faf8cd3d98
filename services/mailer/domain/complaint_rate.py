"""Complaints about a header-from domain: when to warn, when its commercial mail pauses by itself, when it may go on (L-061).

A complaint counts for the day its message was sent on, so that a rate is a share of that day's mail, however late the complaint came.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

ALARM_RATE: Final = 0.0008
PAUSE_RATE: Final = 0.0025
"""Google asks for less than 0.1 % and never 0.3 %; ours act before."""
FEWEST_FOR_ALARM: Final = 2
"""One complaint about twenty mails says nothing; the second says that somebody should look."""
FEWEST_COMPLAINTS: Final = 3
"""Complaints of one day before it can pause anything: one complaint about twenty mails does not stop a practice."""
LOOK_BACK: Final = timedelta(days=7)
"""Days that count, and days below the pausing rate before commercial mail goes on by itself."""

State = Literal["good", "alarm", "paused"]


@dataclass(frozen=True, slots=True)
class DayCount:
    """One UTC day of one header-from domain: messages sent and complaints about them."""

    day: date
    sent: int
    complaints: int

    @property
    def rate(self) -> float:
        """Complaints per message sent, 0 to 1; 0 where nothing is known to have been sent."""
        return min(1.0, self.complaints / self.sent) if self.sent else 0.0

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should look."""
        return self.complaints >= FEWEST_FOR_ALARM and self.rate >= ALARM_RATE

    @property
    def is_bad(self) -> bool:
        """Whether this day is reason enough to pause."""
        return self.complaints >= FEWEST_COMPLAINTS and self.rate >= PAUSE_RATE


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause by complaints; `released_at` None while it holds, `released_by` `time` or `person`."""

    paused_at: datetime
    released_at: datetime | None = None
    released_by: str | None = None


def judge_state(days: Iterable[DayCount], *, today: date, is_paused: bool) -> State:
    """Return how a domain stands: paused, else alarm while a day of the last seven is alarming, else good."""
    if is_paused:
        return "paused"
    return "alarm" if find_alarming(days, today=today) else "good"


def find_alarming(days: Iterable[DayCount], *, today: date) -> list[DayCount]:
    """Return the days of the last seven that are reason for an alarm."""
    return [day for day in _recent(days, today) if day.is_alarming]


def must_pause(days: Iterable[DayCount], *, today: date, last: Pause | None) -> bool:
    """Tell whether a bad day asks for a pause that no earlier pause has answered: days up to an ended pause are forgiven."""
    forgiven = last.released_at.date() if last and last.released_at else date.min
    return any(day.is_bad and day.day > forgiven for day in _recent(days, today))


def may_go_on(days: Iterable[DayCount], *, today: date, pause: Pause) -> bool:
    """Tell whether a pause has done its work: seven days since it began, and none of the last seven was bad."""
    return today - pause.paused_at.date() >= LOOK_BACK and not any(day.is_bad for day in _recent(days, today))


def release_not_before(days: Iterable[DayCount], pause: Pause) -> date:
    """Return the first day on which a pause can end by itself, if nothing bad is added."""
    bad = [day.day for day in days if day.is_bad]
    return max(pause.paused_at.date(), *bad) + LOOK_BACK if bad else pause.paused_at.date() + LOOK_BACK


def _recent(days: Iterable[DayCount], today: date) -> list[DayCount]:
    return [day for day in days if today - LOOK_BACK < day.day <= today]
