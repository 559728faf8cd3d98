"""A promotion (catalogue promotion): the location's own words and offer on a day it names, at most once in 28 days a person; ends with the offer."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="promotion",
    title="Promotion",
    verticals=("dental", "auto"),
    topic="news",
    message_class="commercial",
    purpose="promotion",
    class_reason="It advertises an offer.",
    trigger=Trigger("calendar", statuses=("issue",), history=True),
    cycle="occasion",
    steps=(Step("on_the_day", days=0, at=time(10), roll="forward"),),
    useful_days=5,
    rank=85,
    group=Group("promotion", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("not_in_audience", "is_minor", "booked_ahead", "had_same_lately"),
    looks_ahead_days=7,
    defaults={"gap_days": 28},
    words="needed",
    links=("booking",),
    takes_offer=True,
)
