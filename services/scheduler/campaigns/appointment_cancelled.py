"""The offer of another time after a cancellation (catalogue appt_cancelled_rebook): the next business day, unless something is booked already."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="appointment_cancelled",
    title="Another time for a cancelled appointment",
    verticals=("dental", "auto"),
    topic="appointments",
    message_class="commercial",
    purpose="promotion",
    class_reason="It invites to a new appointment that nobody has agreed to yet, so it is treated as commercial (L-001).",
    trigger=Trigger("cancellation", statuses=("cancelled", "deleted")),
    cycle="trigger",
    steps=(Step("next_business_day", business_days=1, at=time(10), roll="forward"),),
    useful_days=4,
    rank=16,
    group=Group("cancelled", same_day=False),
    needs_fresh_source=True,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("booked_ahead",),
    links=("booking",),
    calendar="cancel",
)
