"""The dates of a campaign by hand: on which day it goes next, and about what."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from services.scheduler.domain.campaign_settings import SendWindow
from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType

_ISSUE = "issue"


def find_next_occasion(kind: CampaignType, settings: Mapping[str, Any], today: date) -> tuple[str, date]:
    """Return name and day of the occasion that comes next by these checked settings; a day that was set once stays even when it is over."""
    if not kind.dates:
        return _ISSUE, date.fromisoformat(settings["send_on"])
    days = {**kind.dates, **settings.get("dates", {})}
    ahead = [
        (date.fromisoformat(f"{year}-{day}"), name)
        for name, day in days.items()
        for year in (today.year, today.year + 1)
    ]
    day, name = min(row for row in ahead if row[0] >= today)
    return name, day


def list_occasions(kind: CampaignType, settings: Mapping[str, Any], today: date) -> list[tuple[str, date]]:
    """Return name and day of every occasion that may still have something to do: the day that was set, or those of last year and this."""
    if not kind.dates:
        return [(_ISSUE, date.fromisoformat(settings["send_on"]))]
    days = {**kind.dates, **settings.get("dates", {})}
    return [
        (name, date.fromisoformat(f"{year}-{day}"))
        for year in (today.year - 1, today.year)
        for name, day in days.items()
    ]


def find_step(kind: CampaignType, occasion: str) -> Step:
    """Return the step that an occasion of a campaign by hand has; each has one."""
    return next(step for step in kind.steps if not step.statuses or occasion in step.statuses)


def place_step(step: Step, settings: Mapping[str, Any], day: date, window: SendWindow) -> datetime:
    """Return the wall time of a step on the occasion's day within the sending hours, before closed days move it on (N-54)."""
    own = settings.get("steps", {}).get(step.slug)
    own = own if isinstance(own, Mapping) else {}
    at = time.fromisoformat(own["at"]) if "at" in own else step.at or time()
    opens, closes = (
        time.fromisoformat(settings[n]) if n in settings else d
        for n, d in (("send_from", window.opens), ("send_until", window.closes))
    )
    day += timedelta(days=own.get("days", step.days or 0) + (at >= closes))
    return datetime.combine(day, at if opens <= at < closes else opens)
