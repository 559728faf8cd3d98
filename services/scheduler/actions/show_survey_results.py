"""Counts how surveys were answered: mean, net promoter score, share of mails that were answered (S-005)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.store.surveys import tally_surveys
from shared.schemas.answers import SurveyResults


async def show_survey_results(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    campaign_id: UUID | None,
    locations: Sequence[UUID] | None,
    types: Mapping[str, CampaignType],
) -> SurveyResults:
    """Return the figures of one campaign, or of all; of the locations given, or of all."""
    tally, asked = await tally_surveys(
        connection,
        types=[slug for slug, kind in types.items() if kind.page == "survey"],
        subscriber_id=subscriber_id,
        campaign_id=campaign_id,
        locations=locations,
    )
    return SurveyResults(
        count=tally.count,
        asked=asked,
        promoters=tally.promoters,
        passives=tally.count - tally.promoters - tally.detractors,
        detractors=tally.detractors,
        mean=tally.mean,
        nps=tally.nps,
        response_rate=round(tally.count / asked, 3) if asked else None,
    )
