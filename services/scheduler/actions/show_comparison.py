"""Shows the comparison of a campaign: the rule as it is stated, whom it reaches at present, and what came of its occasions."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.audience import read_audience
from services.scheduler.domain.campaign_settings import SendWindow, check_settings
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import find_plan, rule_sentence
from services.scheduler.domain.errors import ComparisonMissingError, NotByHandError
from services.scheduler.domain.occasions import find_next_occasion
from services.scheduler.store.audience_facts import FACTS
from services.scheduler.store.audiences import count_audience
from services.scheduler.store.comparisons import report_variants
from services.scheduler.store.report_touches import ReportFilter
from shared.kit.directory import find_fact
from shared.kit.errors import NotFoundError
from shared.schemas.comparisons import ComparedVariant, Comparison
from shared.schemas.location import LocationFacts
from shared.schemas.scheduler import Campaign


async def show_comparison(
    connection: AsyncConnection,
    *,
    campaign: Campaign,
    types: Mapping[str, CampaignType],
    window: SendWindow,
    now: datetime,
) -> Comparison:
    """Return it; raises NotByHandError, what checking of settings raises, and ComparisonMissingError where nothing is compared."""
    kind, location = (
        types.get(campaign.type),
        await find_fact(connection, "location", campaign.location_id, LocationFacts),
    )
    if kind is None or not kind.is_by_hand:
        raise NotByHandError
    if location is None:
        raise NotFoundError
    check_settings(kind, campaign.settings, window=window)
    plan = find_plan(campaign.settings)
    if plan is None:
        raise ComparisonMissingError
    _, day = find_next_occasion(kind, campaign.settings, now.astimezone(ZoneInfo(location.zone)).date())
    return Comparison(
        campaign_id=campaign.campaign_id,
        version=campaign.version,
        rule=rule_sentence(plan),
        share_percent=plan.share_percent,
        wait_days=plan.wait_days,
        expected_percent=plan.expected_percent,
        difference_points=plan.difference_points,
        needed=plan.needed,
        reachable=await _count(connection, campaign, kind, location, types, now),
        occasion_on=day,
        decides_on=plan.decides_on(day),
        occasions=[
            ComparedVariant.model_validate(row)
            for row in await report_variants(
                connection,
                ReportFilter(location.subscriber_id, None, date.min, date.max),
                campaign_id=campaign.campaign_id,
            )
        ],
    )


async def _count(
    connection: AsyncConnection,
    campaign: Campaign,
    kind: CampaignType,
    location: LocationFacts,
    types: Mapping[str, CampaignType],
    now: datetime,
) -> int:
    given: Any = campaign.settings.get("audience") if kind.takes_audience else None
    audience = read_audience(given, facts=FACTS, vertical=location.vertical, campaign_types=types) if given else None
    where = {"subscriber_id": location.subscriber_id, "location_id": location.location_id}
    return int((await count_audience(connection, **where, rule=audience, now=now, sample=0))["reachable"])
