"""What contradicts itself in settings that are each in their bounds: a campaign that would send nothing, or not what its author means."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any, Final

from services.scheduler.domain.campaign_type import CampaignType

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
        *_words(settings),
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


def _words(settings: Mapping[str, Any]) -> Iterator[Contradiction]:
    """A location's own words are text: a mark would stand in the mail as it was typed."""
    for group in ("words", "offer"):
        for name, value in settings.get(group, {}).items():
            if _MARK.search(value):
                yield (
                    f"settings.{group}.{name}",
                    "field_unknown",
                    "Own words have no fields: a mark in braces would be shown as it stands.",
                )
