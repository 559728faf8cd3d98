"""The birthday greeting (catalogue birthday): on the day at eight, open or not; 29 February on the 28th in other years (N-74), never to a minor."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="birthday",
    title="Happy birthday",
    verticals=("dental", "auto"),
    topic="news",
    message_class="commercial",
    purpose="relationship",
    class_reason="No settled exemption covers a greeting, so it is treated as commercial (L-001).",
    trigger=Trigger("birthday", statuses=("active",), history=True),
    cycle="occasion",
    steps=(Step("on_the_day", days=0, at=time(8), roll="stay"),),
    useful_days=1,
    rank=40,
    group=Group("birthday", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("is_minor",),
    looks_ahead_days=3,
    takes_offer=True,
)
