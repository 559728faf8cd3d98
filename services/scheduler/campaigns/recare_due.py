"""The recare series (catalogue recare_due): before and after the date that the practice system holds, until something is booked."""

from datetime import time

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger

CAMPAIGN_TYPE = CampaignType(
    slug="recare_due",
    title="Recare is due",
    verticals=("dental",),
    topic="care",
    message_class="commercial",
    purpose="promotion",
    class_reason="Nothing is agreed yet, so it is treated as commercial even where it is clinically sensible (domain 4.2, L-001).",
    trigger=Trigger(
        "recare",
        statuses=("open",),
        stops={"disabled": "recare_disabled", "scheduled": "recare_scheduled"},
        history=True,
    ),
    cycle="occasion",
    steps=(
        Step("month_before", days=-30, at=time(10), roll="forward"),
        Step("week_before", days=-7, at=time(10), roll="forward"),
        Step("two_weeks_after", days=14, at=time(10), roll="forward"),
        Step("six_weeks_after", days=45, at=time(10), roll="forward"),
        Step("three_months_after", days=90, at=time(10), roll="forward"),
    ),
    useful_days=10,
    rank=30,
    group=Group("recare", same_day=False, gather_days=7),
    needs_fresh_source=False,
    sample={"dental": ("Ana", "Ben")},
    skips=("booked_ahead", "visited_lately"),
    looks_ahead_days=45,
    links=("booking",),
    invites=True,
)
