"""The follow-up on declined work (catalogue declined_service): what keeps the vehicle safe after two days, the rest later, until it is done."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="declined_service",
    title="Work we recommended",
    verticals=("auto",),
    topic="care",
    message_class="commercial",
    purpose="promotion",
    class_reason="It proposes work that was not agreed to, so it is commercial.",
    trigger=Trigger("declined", statuses=("open", "open_safety"), stops={"done": "work_done", "sold": "vehicle_sold"}),
    cycle="trigger",
    steps=(
        Step("two_days", days=2, at=time(10), roll="forward", statuses=("open_safety",)),
        Step("one_week", days=7, at=time(10), roll="forward"),
        Step("one_month", days=30, at=time(10), roll="forward"),
        Step("three_months", days=90, at=time(10), roll="forward"),
    ),
    useful_days=7,
    rank=31,
    group=Group("declined", same_day=False, gather_days=3),
    needs_fresh_source=False,
    sample={"auto": ("Sam", "Sam")},
    skips=("is_fleet", "booked_ahead"),
    looks_ahead_days=45,
    links=("booking",),
    takes_offer=True,
    invites=True,
)
