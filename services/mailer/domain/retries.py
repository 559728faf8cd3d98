"""When a deferred message is tried again: RFC 5321 4.5.4.1 read as L-070, ended by the message's own usefulness (S-025, N-92)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Waits grow from `first` by `factor` up to `longest`; after `give_up` since acceptance there is no other try."""

    first: timedelta = timedelta(minutes=30)
    factor: float = 2.0
    longest: timedelta = timedelta(hours=4)
    give_up: timedelta = timedelta(days=5)


def plan_retry(
    plan: RetryPlan, *, now: datetime, attempts: int, jitter: float, accepted_at: datetime, useful_until: datetime
) -> datetime | None:
    """Return when to try again after `attempts` counted attempts (1 = the first has just been deferred), or None: the message has expired.

    `jitter` in [0, 1) lengthens the wait by up to a quarter; it never shortens it, because L-070's half hour is a least wait.
    """
    if attempts < 1 or not 0 <= jitter < 1:
        raise ValueError("attempts start at 1 and jitter lies in [0, 1)")
    steps = min(attempts - 1, 32)
    wait = min(plan.first.total_seconds() * plan.factor**steps, plan.longest.total_seconds())
    next_at = now + timedelta(seconds=wait * (1 + jitter / 4))
    return next_at if next_at < min(useful_until, accepted_at + plan.give_up) else None
