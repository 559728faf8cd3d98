"""The note that an appointment is booked (catalogue appt_booked): at once, in the morning if it is night; none when the first reminder is as near."""

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="appointment_booked",
    title="Appointment booked",
    verticals=("dental", "auto"),
    topic="appointments",
    message_class="transactional",
    purpose="agreed_transaction",
    class_reason="It confirms an appointment the person has just agreed to and carries no promotion (15 U.S.C. 7702(17)).",
    trigger=Trigger(
        "booking",
        statuses=("booked", "confirmed"),
        stops={
            "cancelled": "appointment_cancelled",
            "deleted": "appointment_cancelled",
            "completed": "appointment_over",
        },
    ),
    cycle="trigger",
    steps=(Step("at_once", hours=0, roll="stay", goes_late=True),),
    useful_days=2,
    rank=12,
    group=Group("booked", same_day=False),
    needs_fresh_source=True,
    sample={"dental": ("Ana", "Ben"), "auto": ("Sam",)},
    skips=("reminded_soon",),
    calendar="enter",
)
