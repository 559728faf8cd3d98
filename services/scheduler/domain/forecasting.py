"""What a campaign by hand will do for one person, decided from facts as they stand now: the day it goes, or the reason why it does not."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

HAS_IT: Final = "has_it"
_UNDER_WAY: Final = ("sent", "uncertain", "dispatched")
_ENDED: Final = ("bounced", "failed", "suppressed", "expired")
_SET_ASIDE: Final = ("skipped", "cancelled")


@dataclass(frozen=True, slots=True)
class Prospect:
    """A person before a campaign: what speaks against them, their touch of it if there is one, and what else their address gets.

    `planned_local` is when it goes to everybody, `due_on` the day that this person's touch was moved to. `has_other_on`: the address gets another
    mail that day. `room_on`: the first day on which its commercial mail of thirty days leaves room again.
    """

    consumer_id: UUID
    address_key: str | None
    blocked: str | None
    planned_local: datetime
    now_local: datetime
    due_on: date | None
    touch_state: str | None
    touch_reason: str | None
    has_other: bool
    room_on: date | None


@dataclass(frozen=True, slots=True)
class Prospection:
    """The day on which it goes, or why it does not."""

    day: date | None
    reason: str | None


def forecast_person(person: Prospect, *, last_on: date) -> Prospection:
    """Return what will come of it, before permission is asked; on a day after `last_on` it would be of no use."""
    if person.touch_state in _UNDER_WAY:
        return Prospection(None, HAS_IT)
    if person.touch_state in _ENDED:
        return Prospection(None, person.touch_reason or person.touch_state)
    if person.blocked is not None:
        return Prospection(None, person.blocked)
    if person.touch_state in _SET_ASIDE and person.planned_local <= person.now_local:
        return Prospection(None, person.touch_reason or person.touch_state)
    day = max(person.due_on or person.planned_local.date(), person.now_local.date())
    if person.has_other:
        day += timedelta(days=1)
    is_over_budget = person.room_on is not None and person.room_on > day
    day = max(day, person.room_on or day)
    if day > last_on:
        return Prospection(
            None, "over_budget" if is_over_budget else "other_mail_today" if person.has_other else "too_late"
        )
    return Prospection(day, None)
