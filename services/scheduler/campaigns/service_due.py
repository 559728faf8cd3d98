"""The service that falls due by time or by mileage, whichever comes first (catalogue service_due); a fleet's vehicles in one mail (N-70)."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="service_due",
    title="Service is due",
    verticals=("auto",),
    topic="care",
    message_class="commercial",
    purpose="promotion",
    class_reason="It invites to a service that was not agreed to, so it is commercial.",
    trigger=Trigger("service", statuses=("active",), stops={"sold": "vehicle_sold"}, history=True),
    cycle="occasion",
    steps=(
        Step("two_weeks_before", days=-14, at=time(10), roll="forward"),
        Step("due", days=0, at=time(10), roll="forward"),
        Step("three_weeks_after", days=21, at=time(10), roll="forward"),
    ),
    useful_days=10,
    rank=33,
    group=Group("service", same_day=False, gather_days=7),
    needs_fresh_source=False,
    sample={"auto": ("Sam", "Sam")},
    skips=("booked_ahead", "visited_lately"),
    looks_ahead_days=30,
    defaults={"service_months": 6, "service_miles": 5000},
    links=("booking",),
    takes_offer=True,
    invites=True,
)
