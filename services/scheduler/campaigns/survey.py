"""One question after a visit (catalogue survey): at most once in 90 days a person, never about a child."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="survey",
    title="How was your visit?",
    verticals=("dental", "auto"),
    topic="visits",
    message_class="commercial",
    purpose="relationship",
    class_reason="No settled exemption covers a survey, so it is treated as commercial (L-001).",
    trigger=Trigger("visit", statuses=("completed",)),
    cycle="trigger",
    steps=(Step("day_after", days=1, at=time(10), roll="forward"),),
    useful_days=6,
    rank=52,
    group=Group("survey", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("is_minor", "no_charge", "had_same_lately"),
    defaults={"gap_days": 90},
    page="survey",
)
