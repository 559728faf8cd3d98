"""The newsletter (catalogue newsletter): the location's own words on a day it names, at most once in 28 days a person."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="newsletter",
    title="Newsletter",
    verticals=("dental", "auto"),
    topic="news",
    message_class="commercial",
    purpose="promotion",
    class_reason="News of a business is commercial.",
    trigger=Trigger("calendar", statuses=("issue",), history=True),
    cycle="occasion",
    steps=(Step("on_the_day", days=0, at=time(10), roll="forward"),),
    useful_days=5,
    rank=80,
    group=Group("newsletter", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("not_in_audience", "is_minor", "had_same_lately"),
    looks_ahead_days=7,
    defaults={"gap_days": 28},
    words="needed",
    links=("booking",),
)
