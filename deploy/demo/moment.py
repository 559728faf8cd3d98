"""The demonstration's clock: where it starts, and how all processes are moved along together.

It starts before both businesses open on a day whose neighbours are open days, so that "tomorrow" and "yesterday" mean what they say.
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from shared.kit.clock import write_offset

START = time(12, tzinfo=UTC)
GOOD_WEEKDAYS = (1, 2, 3)  # Tuesday to Thursday


class DemoClock:
    """Business time of the whole installation: the machine's time plus what stands in `path`."""

    def __init__(self, path: Path, start: datetime) -> None:
        self.path = path
        self._ahead = timedelta()
        self.move_to(start)

    def now(self) -> datetime:
        """The present business instant, as every service reads it."""
        return datetime.now(UTC) + self._ahead

    def move_to(self, instant: datetime) -> None:
        """Puts every process at `instant`; time then goes on at its usual pace."""
        self._ahead = instant - datetime.now(UTC)
        write_offset(self.path, self._ahead.total_seconds())


def good_start(today: date) -> datetime:
    """Noon UTC of the first Tuesday, Wednesday or Thursday from `today` on."""
    day = today
    while day.weekday() not in GOOD_WEEKDAYS:
        day += timedelta(days=1)
    return datetime.combine(day, START)


def local_instant(day: date, hour: int, minute: int, zone: str) -> datetime:
    """A wall time of a business as an instant."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)
