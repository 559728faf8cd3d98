"""A word at the turn of the season (catalogue seasonal): spring and autumn, in stock words, on days of the year that a location may change."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="seasonal",
    title="Seasonal",
    verticals=("dental", "auto"),
    topic="news",
    message_class="commercial",
    purpose="promotion",
    class_reason="It invites to a visit that was not agreed to, so it is commercial.",
    trigger=Trigger("calendar", statuses=("spring", "autumn"), history=True),
    cycle="occasion",
    steps=(
        Step("spring", days=0, at=time(10), roll="forward", statuses=("spring",)),
        Step("autumn", days=0, at=time(10), roll="forward", statuses=("autumn",)),
    ),
    useful_days=7,
    rank=82,
    group=Group("seasonal", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("not_in_audience", "is_minor", "booked_ahead", "had_same_lately"),
    looks_ahead_days=7,
    defaults={"gap_days": 28},
    dates={"spring": "04-15", "autumn": "10-15"},
    links=("booking",),
    takes_offer=True,
)
