"""The request to pass the name on (catalogue referral_invite): a week after a second visit, once; the friend is never mailed by us (L-019)."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="referral_invite",
    title="Pass our name on",
    verticals=("dental", "auto"),
    topic="news",
    message_class="commercial",
    purpose="promotion",
    class_reason="It asks for publicity, so it is commercial.",
    trigger=Trigger("visit", statuses=("completed",)),
    cycle="trigger",
    steps=(Step("one_week", days=7, at=time(10), roll="forward"),),
    useful_days=10,
    rank=75,
    group=Group("referral", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("is_minor", "first_visit", "no_charge", "had_same_lately"),
    defaults={"gap_days": 1095},
)
