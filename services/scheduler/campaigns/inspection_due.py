"""The end of an inspection or registration (catalogue inspection_due): said as a duty that is easily forgotten, without a sales tone."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="inspection_due",
    title="Inspection is due",
    verticals=("auto",),
    topic="care",
    message_class="commercial",
    purpose="promotion",
    class_reason="It invites to a service that was not agreed to, so it is commercial.",
    trigger=Trigger("inspection", statuses=("active",), stops={"sold": "vehicle_sold"}, history=True),
    cycle="occasion",
    steps=(
        Step("six_weeks_before", days=-45, at=time(10), roll="forward"),
        Step("two_weeks_before", days=-14, at=time(10), roll="forward"),
    ),
    useful_days=12,
    rank=34,
    group=Group("inspection", same_day=False, gather_days=7),
    needs_fresh_source=False,
    sample={"auto": ("Sam", "Sam")},
    skips=("booked_ahead",),
    looks_ahead_days=30,
    links=("booking",),
)
