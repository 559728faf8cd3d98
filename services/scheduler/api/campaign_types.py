"""Campaign types: what the plug-in folder holds."""

from fastapi import APIRouter

from services.scheduler.api.examples import CAMPAIGN_TYPE, answers, page_of
from services.scheduler.api.given import Given, Manager
from shared.schemas.scheduler import CampaignTypeFacts
from shared.schemas.wire import Page

router = APIRouter(tags=["campaigns"])


@router.get("/v1/campaign-types", responses=answers(page_of(CAMPAIGN_TYPE)))
async def list_types(caller: Manager, deps: Given) -> Page[CampaignTypeFacts]:
    """List every campaign type there is; the list is short and comes whole."""
    items = [
        CampaignTypeFacts(
            slug=kind.slug,
            title=kind.title,
            verticals=list(kind.verticals),
            message_class=kind.message_class,
            steps=[step.slug for step in kind.steps],
            topic=kind.topic,
            class_reason=kind.reason,
        )
        for kind in deps.types.values()
    ]
    return Page(items=items, next=None)
