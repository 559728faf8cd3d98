"""The version of a thing that people edit, told from when it was last changed: never given twice, also when it was removed and made anew."""

from datetime import UTC, datetime, timedelta
from typing import Final

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST: Final = timedelta(microseconds=1)


def version_of(changed_at: datetime | None) -> int:
    """Return the version of what was changed then; 0 for what nobody has changed yet."""
    return 0 if changed_at is None else (changed_at - _START) // _LEAST


def change_after(changed_at: datetime | None, now: datetime) -> datetime:
    """Return the time to note for a change: now, and later than the change before it, whatever the clock did."""
    return now if changed_at is None else max(now, changed_at + _LEAST)
