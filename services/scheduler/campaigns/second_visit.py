"""The invitation to a second visit (catalogue second_visit): between two and three months after the first."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="second_visit",
    title="Your next visit",
    verticals=("auto",),
    topic="care",
    message_class="commercial",
    purpose="promotion",
    class_reason="It invites to a visit that was not agreed to, so it is commercial.",
    trigger=Trigger("visit", statuses=("completed",)),
    cycle="trigger",
    steps=(Step("two_months", days=60, at=time(10), roll="forward"),),
    useful_days=30,
    rank=56,
    group=Group("second_visit", same_day=False),
    needs_fresh_source=False,
    sample={"auto": ("Sam",)},
    skips=("been_before", "booked_ahead", "no_charge"),
    looks_ahead_days=30,
    links=("booking",),
    takes_offer=True,
    invites=True,
)
