"""The states of a message and the only moves between them, in one place so that no statement can invent a thirteenth.

`uncertain` is final for every machine (I3): only a definite reply of the same attempt, a relay's log, a report or a person leads out of it.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a message is (architecture 4)."""

    ACCEPTED = "accepted"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    DEFERRED = "deferred"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    BOUNCED = "bounced"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RECHECK = "recheck"
    UNCERTAIN = "uncertain"


_DROPPED: Final = frozenset((State.SUPPRESSED, State.EXPIRED, State.CANCELLED, State.RECHECK, State.FAILED))
"""How a message ends that was never handed over."""

_MOVES: Final[dict[State, frozenset[State]]] = {
    State.ACCEPTED: _DROPPED | {State.CLAIMED},
    State.CLAIMED: _DROPPED | {State.ACCEPTED, State.DEFERRED, State.BOUNCED, State.HANDING_OVER},
    State.HANDING_OVER: frozenset(
        (State.ACCEPTED, State.SENT, State.DEFERRED, State.BOUNCED, State.EXPIRED, State.UNCERTAIN)
    ),
    State.DEFERRED: _DROPPED | {State.CLAIMED},
    State.UNCERTAIN: frozenset((State.SENT, State.DEFERRED, State.BOUNCED, State.EXPIRED)),
    State.FAILED: frozenset((State.RECHECK,)),
    State.BOUNCED: frozenset((State.RECHECK,)),
}

WAITING: Final = frozenset((State.ACCEPTED, State.DEFERRED))
"""States a worker may claim from."""

FINAL: Final = frozenset(State) - {State.ACCEPTED, State.CLAIMED, State.HANDING_OVER, State.DEFERRED}
"""States that stand in the outcome feed."""


def may_move(old: State, new: State) -> bool:
    """Tell whether a message in `old` may become `new`.

    `handing_over` to `accepted` is the put-back of a marker whose dot was never written, to `expired` a definite 4yz that left no time for another
    try; `uncertain` to `sent`, `deferred`, `bounced` or `expired` is the late definite reply of the same attempt, a relay's log, a report or a
    person. `failed` and `bounced` to `recheck` is a person's wish to send again. Everything else that is final stays so.
    """
    return new in _MOVES.get(old, frozenset())
