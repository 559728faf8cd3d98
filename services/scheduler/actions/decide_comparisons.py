"""Decides comparisons whose waiting time is over: counted once, kept with its figures, and the rest is planned with the winner."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import decide, find_plan
from services.scheduler.domain.occasions import find_step, list_occasions
from services.scheduler.store.comparisons import ComparedOccasion, count_arms, is_open, keep_decision, read_comparing
from services.scheduler.store.replans import mark_location
from shared.kit.bell import ring
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database
from shared.kit.epoch import is_on_hold
from shared.kit.logs import log


async def decide_comparisons(database: Database, *, types: Mapping[str, CampaignType], now: datetime) -> bool:
    """Decide what is due, one transaction each; return False: what comes due is found at the next look.

    While the service is on HOLD nothing is: after a restore the facts may not be the newest.
    """
    async with database.transaction() as connection:
        comparing = [] if await is_on_hold(connection) else await read_comparing(connection)
    for campaign in comparing:
        kind = types.get(campaign.type)
        if kind is None:
            continue
        today = now.astimezone(ZoneInfo(campaign.zone)).date()
        for occasion, step in _due(campaign, kind, today):
            await _decide(database, campaign, occasion, step, now)
    return False


def _due(campaign: Any, kind: CampaignType, today: date) -> Iterator[tuple[ComparedOccasion, str]]:
    """Yield the occasions whose waiting time is over and that are not decided, each with its step."""
    plan = find_plan(campaign.settings)
    if plan is None:
        return
    for name, day in list_occasions(kind, campaign.settings, today):
        cycle, decides_on = f"{name}@{day}", plan.decides_on(day)
        if decides_on <= today and cycle not in campaign.decided:
            occasion = ComparedOccasion(campaign.subscriber_id, campaign.campaign_id, cycle, decides_on)
            yield occasion, find_step(kind, name).slug


async def _decide(database: Database, campaign: Any, occasion: ComparedOccasion, step: str, now: datetime) -> None:
    async with database.transaction() as connection:
        if not await is_open(connection, occasion, step=step):
            return
        counts = await count_arms(connection, occasion)
        verdict = decide(counts["a"], counts["b"])
        kept = await keep_decision(
            connection,
            occasion,
            location_id=campaign.location_id,
            version=campaign.version,
            counts=counts,
            verdict=verdict,
            now=now,
        )
        if kept:
            await mark_location(connection, subscriber_id=campaign.subscriber_id, location_id=campaign.location_id)
        crashpoint("scheduler.before_comparison_commit")
    if kept:
        crashpoint("scheduler.after_comparison")
        log("scheduler.comparisons").info(
            "comparison_decided", campaign_id=str(campaign.campaign_id), winner=verdict.winner, reason=verdict.reason
        )
        ring()
