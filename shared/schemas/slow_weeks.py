"""Scheduler's wire of slow weeks: next week has fewer appointments than is usual, and what might be done."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.scheduler import CampaignInput
from shared.schemas.wire import Instant, Wire

Basis = Literal["years", "weeks"]


class SlowWeek(Wire):
    """A week of a location that looks quiet, as it was last measured; `proposal` is what POST /v1/campaigns takes, a draft that sends nothing."""

    location_id: UUID
    week_on: date = Field(description="its Monday")
    booked: int = Field(description="appointments of the week that are booked by now")
    usual: float = Field(description="how many were booked so long before, on average")
    basis: Basis = Field(description="years: the same week of earlier years; weeks: the last weeks, by open days")
    compared_weeks: int
    noticed_at: Instant
    measured_at: Instant
    explanation: str
    proposal: CampaignInput


class SlowWeekDismissal(Wire):
    """Say that nothing is to be done about a week: it is not listed any more."""

    location_id: UUID
    week_on: date
