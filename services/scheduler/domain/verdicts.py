"""Why a person gets nothing from a campaign: the first reason that applies, found from the same facts planning uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.scheduler.domain.campaign_type import CampaignType


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What decides whether a person may be written to."""

    location_id: UUID
    status: str
    has_address: bool
    address_problem: str | None
    deleted: bool
    minor_until: date | None
    has_guardian: bool
    recipient_unfit: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """One trigger record of a person."""

    location_id: UUID
    about_at: datetime | None
    status: str
    historic: bool
    deleted: bool


def person_reason(person: PersonFacts | None, *, today: date) -> str | None:
    """Return why nobody may write to this person at all, or None."""
    if person is None:
        return "person_unknown"
    if person.deleted:
        return "person_gone"
    if person.status != "active":
        return f"person_{person.status}"
    if person.minor_until is not None and person.minor_until > today and not person.has_guardian:
        return "minor_without_guardian"
    if not person.has_address:
        return person.address_problem or "no_address"
    if person.recipient_unfit:
        return "recipient_unfit"
    return None


def explain_nothing(
    kind: CampaignType,
    *,
    person: PersonFacts | None,
    occasions: Sequence[Occasion],
    location_hold: str | None,
    is_paused: bool,
    today: date,
    now: datetime,
) -> str:
    """Return the reason why there is no touch. `occasions` are those at the campaign's location, newest first."""
    reason = person_reason(person, today=today)
    if reason is not None:
        return reason
    found = _occasion_reason(kind, occasions, now)
    if found is not None:
        return found
    waiting = "not_planned_yet" if kind.looks_ahead_days is None else "not_due_yet"
    return location_hold or ("campaign_paused" if is_paused else waiting)


def _occasion_reason(kind: CampaignType, occasions: Sequence[Occasion], now: datetime) -> str | None:
    """Return why no record starts the series, or None if one does; of several reasons the one that came nearest to a yes."""
    name, oldest = kind.trigger.kind, now - timedelta(days=kind.looks_back_days)
    reasons = {_record_reason(kind, occasion, oldest) for occasion in occasions}
    if None in reasons:
        return None
    stops = sorted(set(kind.trigger.stops.values()))
    nearest = ["historic", f"{name}_cancelled", *stops, f"{name}_not_firm", f"{name}_past"]
    return next((reason for reason in nearest if reason in reasons), f"{name}_none")


def _record_reason(kind: CampaignType, occasion: Occasion, oldest: datetime) -> str | None:
    if occasion.about_at is None:
        return f"{kind.trigger.kind}_not_firm"
    if occasion.about_at <= oldest:
        return f"{kind.trigger.kind}_past"
    if occasion.deleted:
        return f"{kind.trigger.kind}_cancelled"
    if occasion.status not in kind.trigger.statuses:
        return kind.trigger.stops.get(occasion.status, f"{kind.trigger.kind}_not_firm")
    if occasion.historic and not kind.trigger.history:
        return "historic"
    return None
