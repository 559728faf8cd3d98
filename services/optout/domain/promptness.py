"""Whether opting out has become slow, from the answers of the last minutes: the rule behind the health signal `optout_slow`.

The same rule for a metrics system: over 5 minutes more than 1 % of `dueback_optout_click_to_safe_seconds` above its bucket of 1 s.
"""

from typing import Final

SLOW_SECONDS: Final = 1.0
SLOW_SHARE: Final = 0.01
_MINUTES: Final = 5


class Promptness:
    """Counts answers and slow ones by the minute. Times are monotonic seconds, given by the caller."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[int, int]] = {}

    def note(self, seconds: float, *, at: float) -> None:
        """Count one answer that took so long."""
        minute = int(at // 60)
        answers, slow = self._counts.get(minute, (0, 0))
        self._counts[minute] = answers + 1, slow + (seconds > SLOW_SECONDS)
        for old in [each for each in self._counts if each <= minute - _MINUTES]:
            del self._counts[old]

    def is_slow(self, *, at: float) -> bool:
        """Tell whether more than 1 % of the last five minutes' answers took longer than 1 s."""
        recent = [counts for minute, counts in self._counts.items() if minute > at // 60 - _MINUTES]
        answers, slow = sum(each[0] for each in recent), sum(each[1] for each in recent)
        return slow > answers * SLOW_SHARE
