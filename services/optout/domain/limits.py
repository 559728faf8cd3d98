"""How often a door is opened to the same caller (S42): fixed windows, counted in the database, so that all processes count together."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Dimension = Literal["address", "network", "location", "subscriber"]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries of one `dimension` in each window of `span`, windows beginning at whole multiples of it in UTC."""

    door: str
    dimension: Dimension
    most: int
    span: timedelta


FORM_LIMITS: Final = (Limit("form", "network", 100, timedelta(hours=1)),)
SIGNUP_LIMITS: Final = (
    Limit("signup", "network", 100, timedelta(hours=1)),
    Limit("signup", "location", 500, timedelta(hours=1)),
    Limit("signup", "address", 3, timedelta(days=1)),
)
"""Three confirmations a day for an address over all businesses, however many forms it is typed into. In a waiting room one tablet serves all."""

CASE_LIMITS: Final = (Limit("case", "subscriber", 500, timedelta(days=1)),)
"""A business hears from a handful of people a day; hundreds are a program that went wrong."""
PROOF_LIMITS: Final = (Limit("proof", "address", 3, timedelta(days=1)),)
"""Over all businesses: a privacy case is no way to fill somebody's mailbox."""
MAILBOX_LIMITS: Final = (
    Limit("mailbox", "address", 5, timedelta(days=1)),
    Limit("mailbox", "subscriber", 1000, timedelta(days=1)),
)
"""Mails that become or join a case. What is beyond stays among the privacy mails that wait for a person."""


def window_of(limit: Limit, value: str, now: datetime) -> tuple[str, datetime]:
    """Return the name of the window that counts this value now, and when it ends."""
    number = int(now.timestamp() // limit.span.total_seconds())
    ends_at = datetime.fromtimestamp((number + 1) * limit.span.total_seconds(), UTC)
    return f"{limit.door}:{limit.dimension}:{number}:{value}", ends_at
