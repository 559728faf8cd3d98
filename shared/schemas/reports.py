"""Scheduler's wire of reports: every figure with its formula, and the rows it is the sum of (S-006)."""

from datetime import date
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import Field

from shared.schemas.scheduler import TouchState
from shared.schemas.wire import Instant, Slug, Wire

Item = TypeVar("Item")
Group = Literal["mailed", "held_out"]


class Report(Wire, Generic[Item]):
    """A report: how its figures are worked out, and the figures."""

    formula: str
    items: list[Item]


class TouchCount(Wire):
    """Touches of a campaign type in a state, by the local month in which they were due."""

    month: str = Field(pattern=r"^\d{4}-\d{2}$", examples=["2026-03"])
    campaign_type: Slug
    state: TouchState
    touches: int


class DeliveryRates(Wire):
    """What became of the mail of a campaign type; a rate is null where nothing was handed over."""

    campaign_type: Slug
    handed_over: int
    sent: int
    bounced: int
    uncertain: int
    complained: int
    stopped_by_optout: int
    sent_rate: float | None
    bounce_rate: float | None
    complaint_rate: float | None
    optout_rate: float | None


class Credit(Wire):
    """Visits credited to a campaign type."""

    campaign_type: Slug
    window_days: int
    visits: int
    revenue_cents: int


class CreditedVisit(Wire):
    """A visit and the one touch it is credited to."""

    visit_id: UUID
    consumer_id: UUID
    completed_at: Instant
    decided_at: Instant = Field(description="when it was booked, or the visit itself where nothing was")
    revenue_cents: int
    campaign_type: Slug
    touch_id: UUID
    sent_at: Instant


class Effect(Wire):
    """Returns of those who were mailed against those who were left out; the difference with its interval, null while a group is empty."""

    campaign_type: Slug
    window_days: int
    mailed: int
    mailed_returned: int
    held_out: int
    held_out_returned: int
    difference: float | None
    lower: float | None
    upper: float | None
    confidence: float


class EffectRow(Wire):
    """A person of an effect: the group, when their mail was due, and when they first came within the window."""

    consumer_id: UUID
    touch_id: UUID
    group: Group
    due_at: Instant
    returned_at: Instant | None


class ForecastDay(Wire):
    """Mail expected on a local day: touches, and the addresses they go to."""

    day: date
    campaign_type: Slug
    touches: int
    addresses: int
