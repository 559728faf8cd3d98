"""The order of changes: what is pushed downhill carries a version that only grows, even over a restored database or a clock set back."""

from datetime import datetime, timedelta

_TICK = timedelta(microseconds=1)


def next_change(now: datetime, last: datetime) -> datetime:
    """Return the instant of a change after `last`: now, or the smallest later instant where the clock stands or went back."""
    return max(now, last + _TICK)


def pushed_version(changed_at: datetime) -> int:
    """Return the version of a pushed fact: microseconds since 1970. After a restore of portal it still exceeds what was pushed before."""
    return int(changed_at.timestamp()) * 1_000_000 + changed_at.microsecond
