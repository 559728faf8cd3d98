"""The welcome (catalogue welcome): the morning after the address is first known, unless another mail is on its way; never to history."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="welcome",
    title="Welcome",
    verticals=("dental", "auto"),
    topic="news",
    message_class="commercial",
    purpose="relationship",
    class_reason="No settled exemption covers a welcome, so it is treated as commercial (L-001).",
    trigger=Trigger("arrival", statuses=("active",)),
    cycle="trigger",
    steps=(Step("next_morning", days=1, at=time(9), roll="forward"),),
    useful_days=7,
    rank=70,
    group=Group("welcome", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("is_minor", "other_mail"),
    daily_most=1000,
)
