"""The invitation to come back (catalogue reactivation): a year after the last visit and again at 18 months, for vehicles from nine; then silence."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="reactivation",
    title="It has been a while",
    verticals=("dental", "auto"),
    topic="news",
    message_class="commercial",
    purpose="promotion",
    class_reason="It invites somebody who has agreed to nothing, so it is commercial.",
    trigger=Trigger("lapse", statuses=("away",), history=True),
    cycle="occasion",
    steps=(
        Step("nine_months", days=274, at=time(10), roll="forward", verticals=("auto",)),
        Step("one_year", days=365, at=time(10), roll="forward"),
        Step("eighteen_months", days=548, at=time(10), roll="forward"),
    ),
    useful_days=14,
    rank=60,
    group=Group("reactivation", same_day=False, gather_days=7),
    needs_fresh_source=False,
    sample={"dental": ("Ana",), "auto": ("Sam",)},
    skips=("booked_ahead", "recare_running"),
    looks_ahead_days=30,
    links=("booking",),
    takes_offer=True,
    invites=True,
)
