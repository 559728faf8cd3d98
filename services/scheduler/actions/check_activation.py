"""Looks for everything that speaks against switching a campaign on, before anything is planned."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.activation import find_contradictions
from services.scheduler.domain.audience import read_audience, warn_of
from services.scheduler.domain.campaign_settings import SendWindow, check_settings
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.errors import ActivationRefusedError, ZoneRefusedError
from services.scheduler.domain.readiness import find_unreadiness, refuse_for
from services.scheduler.store.audience_facts import FACTS
from services.scheduler.store.audiences import count_audience
from services.scheduler.store.locations import knows_zone
from shared.kit.directory import find_fact
from shared.kit.errors import Problem
from shared.schemas.audience import AudienceRule
from shared.schemas.location import LocationFacts, SubscriberFacts


async def check_activation(
    connection: AsyncConnection,
    *,
    kind: CampaignType,
    settings: Mapping[str, JsonValue],
    location: LocationFacts,
    types: Mapping[str, CampaignType],
    window: SendWindow,
    now: datetime,
    runs_on: object = None,
) -> None:
    """Raise the first reason against it, with all of them in `errors` (S-074, N-49, N-60). What is unreadable is not looked into further.

    `runs_on`: the day that was set for a campaign that runs already; it may be over.
    """
    problems: list[Problem] = []
    audience: AudienceRule | None = None
    try:
        check_settings(kind, settings, window=window)
    except Problem as problem:
        problems.append(problem)
    try:
        if kind.takes_audience and "audience" in settings:
            audience = read_audience(
                settings["audience"], facts=FACTS, vertical=location.vertical, campaign_types=types
            )
    except Problem as problem:
        problems.append(problem)
    subscriber = await find_fact(connection, "subscriber", location.subscriber_id, SubscriberFacts)
    are_settings_fit = not problems
    problems += find_unreadiness(kind, location, subscriber)
    if not await knows_zone(connection, location.zone, now):
        problems.append(ZoneRefusedError())
    if are_settings_fit:
        found = find_contradictions(kind, settings, now_local=now.astimezone(ZoneInfo(location.zone)), runs_on=runs_on)
        if audience is not None:
            found += await _find_pointless(connection, location, audience, now)
        if found:
            words = " ".join(sentence for _, _, sentence in found)
            problems.append(
                ActivationRefusedError(words, errors=[{"field": field, "code": code} for field, code, _ in found])
            )
    refuse_for(problems)


async def _find_pointless(
    connection: AsyncConnection, location: LocationFacts, audience: AudienceRule, now: datetime
) -> list[tuple[str, str, str]]:
    """Return what is wrong with whom an audience chooses. Where nobody is on record yet there is nothing to judge by."""
    counted = await count_audience(
        connection,
        subscriber_id=location.subscriber_id,
        location_id=location.location_id,
        rule=audience,
        now=now,
        sample=0,
    )
    sentences = {
        "matches_nobody": "The audience has nobody in it who can be reached.",
        "matches_everybody": "The audience leaves nobody out; leave it away if everybody is meant.",
    }
    if counted["people"] == 0:
        return []
    found = warn_of(reachable=counted["reachable"], matched=counted["matched"], people=counted["people"])
    return [("settings.audience", code, sentences[code]) for code in found]
