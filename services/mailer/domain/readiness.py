"""The last pure question before the marker: is this message still worth sending? (S-025, architecture 3)."""

from datetime import datetime
from typing import Literal

Readiness = Literal["go", "expired", "recheck"]


def judge_readiness(*, now: datetime, useful_until: datetime, recheck_after: datetime) -> Readiness:
    """Return `expired` when the mail has become pointless, `recheck` when its facts are too old to be trusted, else `go`.

    `expired` comes first: a pointless message needs no second look.
    """
    if now >= useful_until:
        return "expired"
    return "recheck" if now >= recheck_after else "go"
