"""The request to confirm (catalogue appt_confirm_request): stands for the reminders of two weeks and three days until confirmed (N-58)."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="appointment_confirm_request",
    title="Please confirm your appointment",
    verticals=("dental", "auto"),
    topic="appointments",
    message_class="transactional",
    purpose="agreed_transaction",
    class_reason="It facilitates an appointment the person agreed to and carries no promotion (15 U.S.C. 7702(17)).",
    trigger=Trigger(
        "appointment",
        statuses=("booked",),
        stops={
            "confirmed": "appointment_confirmed",
            "cancelled": "appointment_cancelled",
            "deleted": "appointment_cancelled",
            "no_show": "appointment_over",
            "arrived": "appointment_over",
            "completed": "appointment_over",
        },
        history=True,
    ),
    cycle="trigger_and_start",
    steps=(Step("two_weeks", days=-14, at=time(10)), Step("three_days", days=-3, at=time(10))),
    useful_days=None,
    rank=9,
    group=Group("confirm", same_day=True),
    needs_fresh_source=True,
    sample={"dental": ("Ana", "Ben", "Mia"), "auto": ("Sam",)},
    skips=("asked_another_time",),
    page="confirm",
    calendar="enter",
)
