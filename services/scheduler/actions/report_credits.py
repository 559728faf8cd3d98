"""Reports visits and revenue by the campaign type they are credited to (S-006)."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.attribution import RULE, credit_windows
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.store.report_touches import ReportFilter
from services.scheduler.store.report_visits import sum_credits
from shared.schemas.reports import Credit, Report


async def report_credits(
    connection: AsyncConnection, wanted: ReportFilter, types: Mapping[str, CampaignType]
) -> Report[Credit]:
    """Return credits by campaign type; their visits are listed by the same rule."""
    rows = await sum_credits(connection, wanted, credit_windows(types))
    return Report[Credit](formula=RULE, items=[Credit.model_validate(row) for row in rows])
