"""How many wrong secrets are too many: a leaking bucket, so that a pause always ends by itself (S15)."""

from dataclasses import dataclass
from typing import Final

PER_CLIENT: Final = (10.0, 6.0)
PER_SOURCE: Final = (40.0, 1.0)
"""(failures a bucket holds, seconds after which one leaks out)."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Failures not yet forgotten, as of a monotonic instant in seconds."""

    level: float = 0.0
    at: float = 0.0


def level_at(bucket: Bucket, now: float, limit: tuple[float, float]) -> float:
    """Return how full the bucket is at `now`."""
    return max(0.0, bucket.level - (now - bucket.at) / limit[1])


def with_failure(bucket: Bucket, now: float, limit: tuple[float, float]) -> Bucket:
    """Return the bucket with one failure more; it never fills beyond its limit, so the longest pause is one leak."""
    return Bucket(min(limit[0], level_at(bucket, now, limit) + 1), now)


def seconds_to_wait(bucket: Bucket, now: float, limit: tuple[float, float]) -> float:
    """Return the seconds until the next attempt is heard; 0 while the bucket has room."""
    over = level_at(bucket, now, limit) - (limit[0] - 1)
    return max(0.0, over * limit[1])
