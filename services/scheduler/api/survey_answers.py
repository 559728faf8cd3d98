"""What surveys were answered: one by one with their comments, and counted."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from services.scheduler.actions.list_survey_answers import list_survey_answers
from services.scheduler.actions.show_survey_results import show_survey_results
from services.scheduler.api.examples import CAMPAIGN_ID, CONSUMER_ID, LOCATION_ID, answers, page_of
from services.scheduler.api.given import Desk, Given, Manager, locations_of
from shared.kit.db import set_subscriber
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.answers import SurveyAnswer, SurveyResults
from shared.schemas.wire import Page

router = APIRouter(tags=["answers"])
_ANSWER: Final = {
    "message_id": "0192f0c1-7a00-7000-8000-000000000041",
    "campaign_id": CAMPAIGN_ID,
    "location_id": LOCATION_ID,
    "consumer_ids": [CONSUMER_ID],
    "score": 9,
    "comment": "Everybody was kind, the waiting room is cold.",
    "answered_at": "2026-03-04T18:12:00Z",
    "changed_at": "2026-03-04T18:12:00Z",
}
_RESULTS: Final = {
    "count": 40,
    "asked": 160,
    "promoters": 28,
    "passives": 8,
    "detractors": 4,
    "mean": 8.85,
    "nps": 60.0,
    "response_rate": 0.25,
}
OfCampaign = Annotated[UUID | None, Query(description="of this campaign only")]


@router.get("/v1/survey-answers", responses=answers(page_of(_ANSWER)))
async def list_all(
    connection: Transaction,
    caller: Desk,
    deps: Given,
    campaign_id: OfCampaign = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[SurveyAnswer]:
    """List answers with their comments, in the order they were first given."""
    await set_subscriber(connection, caller.subscriber)
    return await list_survey_answers(
        connection,
        subscriber_id=caller.subscriber,
        campaign_id=campaign_id,
        locations=locations_of(caller),
        keys=deps.data_keys,
        after=after,
        limit=limit,
    )


@router.get("/v1/survey-results", responses=answers(_RESULTS))
async def show_results(
    connection: Transaction, caller: Manager, deps: Given, campaign_id: OfCampaign = None
) -> SurveyResults:
    """Count answers: of all surveys of the business, or of one campaign.

    Promoters gave 9 or 10, detractors 0 to 6, passives 7 or 8. NPS = 100 x (promoters - detractors) / count, from -100 to 100; mean = sum of scores /
    count; response rate = count / survey mails sent. Without answers, or mails, they are null.
    """
    await set_subscriber(connection, caller.subscriber)
    return await show_survey_results(
        connection,
        subscriber_id=caller.subscriber,
        campaign_id=campaign_id,
        locations=locations_of(caller),
        types=deps.types,
    )
