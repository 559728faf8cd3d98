"""The note after a missed appointment (catalogue appt_missed): the next business day, about that appointment and nothing else."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="appointment_missed",
    title="We missed you",
    verticals=("dental", "auto"),
    topic="appointments",
    message_class="transactional",
    purpose="agreed_transaction",
    class_reason="It is about one appointment that was agreed to and did not take place, and offers nothing (15 U.S.C. 7702(17)).",
    trigger=Trigger(
        "appointment",
        statuses=("no_show",),
        stops={"completed": "appointment_over", "arrived": "appointment_over", "cancelled": "appointment_cancelled"},
    ),
    cycle="trigger",
    steps=(Step("next_business_day", business_days=1, at=time(10), roll="forward"),),
    useful_days=4,
    rank=15,
    group=Group("missed", same_day=False),
    needs_fresh_source=True,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("booked_ahead",),
)
