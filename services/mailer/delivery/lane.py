"""A route as one process uses it: its relay, its sessions, and what it may take now."""

from dataclasses import dataclass
from datetime import datetime
from math import inf
from time import monotonic

from services.mailer.domain.pacing import Pace, find_opening
from services.mailer.domain.routes import LaneState
from services.mailer.smtp.connect import Relay


@dataclass(slots=True)
class Lane:
    """A route in this process. `failures`: how often in a row it did not serve.

    Of one with limits (`is_limited`) `budget` is how many messages it may still take, `is_used_up`: until its hour or day is over there is no more
    to be had, `waiting`: so many of its sessions wait for work or budget.
    """

    name: str
    relay: Relay
    weight: int = 1
    priority: int = 0
    limit: int | None = None
    is_active: bool = True
    open: int = 0
    share: int = 0
    failures: int = 0
    down_until: float = 0.0
    reason: str | None = None
    is_limited: bool = False
    is_used_up: bool = False
    budget: int = 0
    taken_at: datetime | None = None
    asked_at: float = -inf
    waiting: int = 0

    @property
    def most(self) -> int | None:
        """Sessions this process may hold over it."""
        return None if self.limit is None else self.share

    @property
    def has_budget(self) -> bool:
        """It may take another message now."""
        return not self.is_limited or self.budget >= 1

    @property
    def is_spent(self) -> bool:
        """Nothing more goes over it in this hour or day."""
        return self.is_limited and self.is_used_up and self.budget < 1

    @property
    def room(self) -> float:
        """How many messages may be claimed for it: one to find out whether it serves again, otherwise its budget."""
        budget = self.budget if self.is_limited else inf
        return min(1, budget) if self.failures else budget

    def spend(self, count: int = 1) -> None:
        """Messages go over it; a negative count: they did not."""
        if self.is_limited:
            self.budget -= count

    @property
    def can_try(self) -> bool:
        """A session may be opened at present, or once another one has ended."""
        state = self.state()
        return (state.is_up or state.is_due) and state.most != 0

    def limit_by(self, pace: Pace | None, now: datetime) -> None:
        """Take in its limits as they stand, None: it has none."""
        self.is_limited = pace is not None and not pace.is_void
        self.is_used_up = pace is not None and find_opening(pace, now) is not None
        if not self.is_limited:
            self.budget = 0

    def state(self) -> LaneState:
        """Return what choosing looks at."""
        is_usable = self.is_active and not self.is_spent
        is_due = is_usable and self.failures > 0 and self.open == 0 and monotonic() >= self.down_until
        is_up = is_usable and self.failures == 0
        return LaneState(self.name, self.priority, self.weight, self.open, self.most, is_up, is_due, self.has_budget)
