"""Rules of write-backs: what ends one, and how long the source is left alone after it asked for that."""

from datetime import timedelta
from typing import Final

from shared.kit.errors import ConflictError, NotFoundError

FINAL: Final = frozenset(("written", "already_there", "refused", "unsupported", "withdrawn", "gone"))
_FIRST_PAUSE: Final = timedelta(minutes=5)
_LONGEST_PAUSE: Final = timedelta(hours=12)


class WriteBackUnknownError(NotFoundError):
    """No such write-back for this caller."""

    code, title = "write_back_unknown", "There is no such write-back."


class WriteBackSettledError(ConflictError):
    """Another answer is on file; what was said first stands."""

    code, title = "write_back_settled", "This write-back has ended with another answer."


class WriteBackClaimLostError(ConflictError):
    """The lease ran out and another run has it now, or it was never claimed by this one."""

    code, title = "write_back_claim_lost", "This write-back is not claimed by this run any more."


def pause_after(tries: int) -> timedelta:
    """Return the pause before it is offered again: 5 minutes, doubled each time, 12 hours at most."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(tries - 1, 10)))
