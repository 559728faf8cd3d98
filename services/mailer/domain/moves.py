"""What an attempt's outcome does to its message: pure, so that the settling statement only writes what was decided here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.mailer.domain.outcomes import Bounced, Deferred, Outcome, PutBack, Sent, Uncertain
from services.mailer.domain.retries import RetryPlan, plan_retry
from services.mailer.domain.states import State

INNOCENT_WAIT = timedelta(seconds=1)
"""A message that travelled along with another's misfortune goes back to the queue almost at once."""


@dataclass(frozen=True, slots=True)
class Move:
    """The state a message goes to. `next_at` is set where it waits again; `counted` is 1 for an attempt of its own."""

    state: State
    reason: str | None
    next_at: datetime | None = None
    counted: int = 0


_SENT = Move(State.SENT, None, None, 1)


def decide_move(
    outcome: Outcome,
    *,
    plan: RetryPlan,
    now: datetime,
    attempts: int,
    jitter: float,
    accepted_at: datetime,
    useful_until: datetime,
) -> Move:
    """Return what becomes of a message after one attempt. `attempts` counts those before this one."""

    if isinstance(outcome, Sent):  # nine of ten; the rest is 1 us dearer
        return _SENT

    def wait(reason: str, state: State) -> Move:
        at = plan_retry(
            plan, now=now, attempts=attempts + 1, jitter=jitter, accepted_at=accepted_at, useful_until=useful_until
        )
        return Move(state, reason, at, 1) if at else Move(State.EXPIRED, reason, None, 1)

    match outcome:
        case Uncertain(why=why):
            return Move(State.UNCERTAIN, why, None, 1)
        case Bounced(reason=reason):
            return Move(State.BOUNCED, reason, None, 1)
        case Deferred(reason=reason):
            return wait(reason, State.DEFERRED)
        case PutBack(why=why, is_counted=True):
            return wait(why, State.DEFERRED)
        case PutBack(why=why):
            return Move(State.ACCEPTED, why, now + INNOCENT_WAIT)
