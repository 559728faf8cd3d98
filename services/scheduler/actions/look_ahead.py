"""Looks ahead to the next occasion of a campaign by hand, a draft or one that runs."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.audience import read_audience
from services.scheduler.domain.campaign_settings import check_settings
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.errors import NotByHandError
from services.scheduler.domain.occasions import find_next_occasion, find_step, place_step
from services.scheduler.store.audience_facts import FACTS
from services.scheduler.store.forecasting import Foresight
from services.scheduler.store.plan import PlanRules
from shared.kit.directory import find_fact
from shared.kit.errors import NotFoundError
from shared.schemas.location import LocationFacts
from shared.schemas.scheduler import Campaign


async def look_ahead(
    connection: AsyncConnection,
    *,
    campaign: Campaign,
    types: Mapping[str, CampaignType],
    rules: PlanRules,
    now: datetime,
) -> Foresight:
    """Return what the campaign would do next; raises NotByHandError, and what checking of settings and audience raises."""
    kind = types.get(campaign.type)
    location = await find_fact(connection, "location", campaign.location_id, LocationFacts)
    if kind is None or not kind.is_by_hand:
        raise NotByHandError
    if location is None:
        raise NotFoundError
    check_settings(kind, campaign.settings, window=rules.window)
    if "audience" in campaign.settings:
        read_audience(campaign.settings["audience"], facts=FACTS, vertical=location.vertical, campaign_types=types)
    occasion, day = find_next_occasion(kind, campaign.settings, now.astimezone(ZoneInfo(location.zone)).date())
    step = find_step(kind, occasion)
    return Foresight(
        location.subscriber_id,
        location.location_id,
        campaign.campaign_id,
        kind,
        campaign.settings,
        occasion,
        day,
        step.slug,
        place_step(step, campaign.settings, day, rules.window),
        rules.budget,
        rules.hold_out_key,
    )
