"""The thank-you note on the morning after a visit."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="visit_thanks",
    title="Thank you for your visit",
    verticals=("dental", "auto"),
    message_class="commercial",
    purpose="relationship",
    topic="visits",
    class_reason="No settled exemption covers a thank-you note, so it is treated as commercial (L-001, L-003).",
    trigger=Trigger("visit", statuses=("completed",)),
    cycle="trigger",
    steps=(Step("next_morning", days=1, at=time(10), roll="forward"),),
    useful_days=3,
    rank=50,
    group=Group("thanks", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
)
