"""The reminder of a recommendation that nobody booked (catalogue unscheduled_treatment): it never says what was recommended (L-102, L-106)."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="unscheduled_treatment",
    title="Something we talked about",
    verticals=("dental",),
    topic="care",
    message_class="commercial",
    purpose="promotion",
    class_reason="Nothing is agreed yet, so it is treated as commercial (L-001).",
    trigger=Trigger("treatment", statuses=("open",), stops={"done": "work_done"}),
    cycle="trigger",
    steps=(
        Step("two_weeks", days=14, at=time(10), roll="forward"),
        Step("two_months", days=60, at=time(10), roll="forward"),
    ),
    useful_days=10,
    rank=32,
    group=Group("treatment", same_day=False, gather_days=7),
    needs_fresh_source=False,
    sample={"dental": ("Ana",)},
    skips=("booked_ahead",),
    looks_ahead_days=45,
    links=("booking",),
    invites=True,
)
