"""What mail about something due is worth: the scheduler's report beside the truth, which a simulated year knows."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from deploy.demo.set_up import Site
from deploy.year.life import Person
from deploy.year.sent import SentTouch
from shared.schemas.reports import Effect, Report


async def read_effects(site: Site, first: datetime, last: datetime) -> list[Effect]:
    """Return the report of the whole span."""
    span = {"first_day": f"{first:%Y-%m-%d}", "last_day": f"{last:%Y-%m-%d}"}
    return Report[Effect].model_validate(await site.scheduler.call("GET", "/v1/reports/effects", params=span)).items


def true_effect(
    touches: Iterable[SentTouch], people: Mapping[UUID, Person], effect: Effect, now: datetime
) -> float | None:
    """Return the share of those who were mailed that came because of it: the forgetful, who come for nothing else, within the report's own window."""
    first: dict[UUID, datetime] = {}
    for touch in sorted(touches, key=lambda touch: touch.sent_at):
        if touch.campaign_type == effect.campaign_type:
            first.setdefault(touch.consumer_id, touch.sent_at)
    window = timedelta(days=effect.window_days)
    over = {consumer: at for consumer, at in first.items() if at + window <= now}
    came = sum(
        people[consumer].forgetful and _came_within(people[consumer], at, window) for consumer, at in over.items()
    )
    return came / len(over) if over else None


def show_effect(effect: Effect, truth: float | None) -> str:
    """Return both as a line."""
    counts = f"{effect.mailed_returned:,} of {effect.mailed:,} mailed came, {effect.held_out_returned:,} of {effect.held_out:,} held out"
    if truth is None or effect.difference is None or effect.lower is None or effect.upper is None:
        return f"effect of {effect.campaign_type}: {counts}; nothing to compare yet"
    where = "inside" if effect.lower <= truth <= effect.upper else "outside"
    told = f"{effect.difference:+.3f} ({effect.lower:+.3f} to {effect.upper:+.3f})"
    return f"effect of {effect.campaign_type}: {counts}: {told}; in truth {truth:+.3f}, {where}"


def find_wrong_effect(effect: Effect, truth: float | None) -> list[str]:
    """Return a finding where the truth lies beyond twice the interval: inside it stands 19 times of 20 only, so the edge itself proves nothing."""
    if truth is None or effect.difference is None or effect.lower is None or effect.upper is None:
        return []
    is_far = abs(truth - effect.difference) > effect.upper - effect.lower
    return [
        f"the reported effect of {effect.campaign_type} is {effect.difference:+.3f}, the true one {truth:+.3f}"
    ] * is_far


def _came_within(person: Person, at: datetime, window: timedelta) -> bool:
    return any(at < completed_at <= at + window for _, completed_at in person.visits)
