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
from services.scheduler.domain.comparison import ComparisonPlan, find_plan
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
    is_comparing: bool = False,
) -> None:
    """Raise the first reason against it, with all of them in `errors` (S-074, N-49, N-60). What is unreadable is not looked into further.

    `runs_on`: the day that was set for a campaign that runs already; it may be over. `is_comparing`: its size is fixed, whatever the audience is now.
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
        plan = find_plan(settings)
        if plan is not None and not is_comparing:
            left_out = int(str(settings.get("hold_out_percent", 0)))
            found += await _find_too_small(connection, location, audience, plan, left_out, now)
        if found:
            words = " ".join(sentence for _, _, sentence in found)
            problems.append(
                ActivationRefusedError(words, errors=[{"field": field, "code": code} for field, code, _ in found])
            )
    refuse_for(problems)


async def _find_too_small(
    connection: AsyncConnection,
    location: LocationFacts,
    audience: AudienceRule | None,
    plan: ComparisonPlan,
    hold_out_percent: int,
    now: datetime,
) -> list[tuple[str, str, str]]:
    """Return that a comparison could tell nothing, with how many people it needs."""
    where = {"subscriber_id": location.subscriber_id, "location_id": location.location_id}
    counted = await count_audience(connection, **where, rule=audience, now=now, sample=0)
    needed = plan.audience_needed(hold_out_percent)
    if counted["reachable"] >= needed:
        return []
    sentence = (
        f"Each variant needs {plan.needed} people to tell {plan.difference_points} percentage points over {plan.expected_percent} percent: "
        f"at {plan.share_percent} percent of the mailboxes {needed} people who can be reached, and there are {counted['reachable']}."
    )
    return [("settings.comparison", "comparison_too_small", sentence)]


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
