"""The appointment reminder: three mails before the day, and a correction when the time changes after the last one."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="appointment_reminder",
    title="Appointment reminder",
    verticals=("dental", "auto"),
    message_class="transactional",
    purpose="agreed_transaction",
    topic="appointments",
    class_reason="It facilitates an appointment the person agreed to and carries no promotion (15 U.S.C. 7702(17)).",
    trigger=Trigger(
        "appointment",
        statuses=("booked", "confirmed"),
        stops={
            "cancelled": "appointment_cancelled",
            "deleted": "appointment_cancelled",
            "no_show": "appointment_over",
            "arrived": "appointment_over",
            "completed": "appointment_over",
        },
        history=True,
    ),
    cycle="trigger_and_start",
    steps=(
        Step("two_weeks", days=-14, at=time(10), roll="back"),
        Step("three_days", days=-3, at=time(10), roll="back"),
        Step("day_before", days=-1, at=time(10), roll="back"),
        Step("two_hours", hours=-2, roll="back", on=False),
        Step("new_time", on_change=True),
    ),
    useful_days=None,
    rank=10,
    group=Group("appointment", same_day=True),
    needs_fresh_source=True,
    sample={"dental": ("Ana", "Ben", "Mia"), "auto": ("Sam",)},
    skips=("asked_to_confirm",),
    page="confirm",
    calendar="enter",
)
