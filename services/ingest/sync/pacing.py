"""How long to wait before asking again: what the server says, else exponential back-off with full jitter."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from shared.kit.clock import SystemClock

TRIES: Final = 8
LONGEST_SECONDS: Final = 300.0
_LONGEST_BACK_OFF_SECONDS: Final = 20.0


def back_off_seconds(attempt: int) -> float:
    """Return the wait after the attempt with this number (from 0): at most 0.5, 1, 2 ... 20 seconds."""
    return random.uniform(0.2, min(_LONGEST_BACK_OFF_SECONDS, 0.5 * 2**attempt))  # noqa: S311 - jitter


def retry_after_seconds(value: str | None) -> float | None:
    """Return the wait that Retry-After asks for (RFC 9110 10.2.3), at most five minutes; None when it cannot be read."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return min(float(value.strip()[:9]), LONGEST_SECONDS)
    moment = read_http_date(value)
    return None if moment is None else min(max((moment - SystemClock().now()).total_seconds(), 0.0), LONGEST_SECONDS)


def read_http_date(value: str | None) -> datetime | None:
    """Return an instant as HTTP writes it (RFC 9110 5.6.7), None when it cannot be read."""
    try:
        moment = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
