"""The request for a public review (catalogue review_request): everybody is asked alike, whatever they think (L-131), at most once in 180 days."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="review_request",
    title="Review request",
    verticals=("dental", "auto"),
    topic="visits",
    message_class="commercial",
    purpose="promotion",
    class_reason="It asks for publicity, so it is commercial.",
    trigger=Trigger("visit", statuses=("completed",)),
    cycle="trigger",
    steps=(Step("after_thanks", days=3, at=time(10), roll="forward"),),
    useful_days=7,
    rank=54,
    group=Group("review", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("is_minor", "no_charge", "had_same_lately"),
    defaults={"gap_days": 180},
    links=("review",),
    needs_link="review",
)
