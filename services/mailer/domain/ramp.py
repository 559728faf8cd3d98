"""Ramp-up of a new sender domain (L-067): providers mistrust a domain that sends thousands on its first day."""

from datetime import datetime, timedelta
from typing import Final

_FIRST: Final = 100
_GROWTH: Final = 1.5
_DAYS: Final = 15
"""The last day's cap is about 29,000; after it the domain is on its own."""


def find_daily_cap(ramp_from: datetime, now: datetime) -> int | None:
    """Return how much commercial mail a domain may send today, or None when its ramp is over. Days are counted from its first commercial mail."""
    day = max(0, (now - ramp_from) // timedelta(days=1))
    return int(_FIRST * _GROWTH**day) if day < _DAYS else None
