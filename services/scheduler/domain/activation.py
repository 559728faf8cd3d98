"""What contradicts itself in settings that are each in their bounds: a campaign that would send nothing, or not what its author means."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import find_plan, settings_of

Contradiction = tuple[str, str, str]
"""The setting, a stable code, and a sentence."""

_MARK: Final = re.compile(r"\{\{|\{%|\{#|\}\}|%\}")


def find_contradictions(
    kind: CampaignType, settings: Mapping[str, Any], *, now_local: datetime, runs_on: object = None
) -> list[Contradiction]:
    """Return what speaks against going on with these checked settings at this local time. `runs_on`: the day set for a campaign that runs."""
    return [
        *_steps(kind, settings),
        *(_dates(kind, settings, now_local, runs_on) if kind.is_by_hand else ()),
        *_words(settings, "settings"),
        *_comparison(settings),
    ]


def _steps(kind: CampaignType, settings: Mapping[str, Any]) -> Iterator[Contradiction]:
    own = settings.get("steps", {})
    if not any(_is_on(own.get(step.slug, step.on), step.on) for step in kind.steps):
        yield "settings.steps", "no_step_on", "Every step is switched off, so nothing would be sent."


def _is_on(own: Any, default: bool) -> bool:
    return bool(own.get("on", default)) if isinstance(own, Mapping) else bool(own)


def _dates(
    kind: CampaignType, settings: Mapping[str, Any], now_local: datetime, runs_on: object
) -> Iterator[Contradiction]:
    offer_ends = settings.get("offer", {}).get("expires_on")
    begins = now_local.date()
    if "send_on" in settings:
        begins = date.fromisoformat(settings["send_on"])
        own = settings.get("steps", {}).get(kind.steps[0].slug)
        own_time = own.get("at") if isinstance(own, Mapping) else None
        at = time.fromisoformat(own_time) if own_time else kind.steps[0].at or time()
        if settings["send_on"] != runs_on and datetime.combine(begins, at) <= now_local.replace(tzinfo=None):
            yield "settings.send_on", "send_on_past", "Its day and time are over at the location."
    if offer_ends and date.fromisoformat(offer_ends) < begins:
        yield "settings.offer.expires_on", "offer_over", "The offer ends before the mail about it would go."


def _comparison(settings: Mapping[str, Any]) -> Iterator[Contradiction]:
    """An offer that is over when the rest would get it, in either variant; and marks in the second one's words."""
    plan = find_plan(settings)
    if plan is None:
        return
    yield from _words(settings["comparison"]["b"], "settings.comparison.b")
    offers = [settings_of(settings, variant).get("offer", {}).get("expires_on") for variant in ("a", "b")]
    waits = plan.wait_days if plan.share_percent < 100 else 0
    begins = date.fromisoformat(settings["send_on"]) if "send_on" in settings else None
    if begins and any(ends and date.fromisoformat(ends) < begins + timedelta(days=waits) for ends in offers):
        yield (
            "settings.comparison.wait_days",
            "offer_over",
            "The offer ends before the mail about it would go to those who wait.",
        )


def _words(settings: Mapping[str, Any], field: str) -> Iterator[Contradiction]:
    """A location's own words are text: a mark would stand in the mail as it was typed."""
    for group in ("words", "offer"):
        for name, value in settings.get(group, {}).items():
            if _MARK.search(value):
                yield (
                    f"{field}.{group}.{name}",
                    "field_unknown",
                    "Own words have no fields: a mark in braces would be shown as it stands.",
                )
