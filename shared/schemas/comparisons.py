"""Scheduler's wire of comparisons: two variants of a campaign by hand, the rule stated before the start, the decision and its figures."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Slug, Wire

Variant = Literal["a", "b"]
Arm = Literal["a", "b", "rest"]
"""`a` and `b` are compared, `rest` waits and gets the winner."""
ComparisonReason = Literal["a_better", "b_better", "no_difference", "too_few"]


class ComparedVariant(Wire):
    """A variant of an occasion. `people` are those of its half whose mail passed every check, `responded` those of them who booked or came.

    What they did is null until it is decided: nobody peeks. `rest_people`: those who got it afterwards because it won.
    """

    campaign_id: UUID
    campaign_type: Slug
    cycle: str
    variant: Variant
    people: int
    responded: int | None
    rest_people: int
    decides_on: date
    decided_at: Instant | None
    winner: Variant | None
    reason: ComparisonReason | None
    difference: float | None = Field(description="share of B less share of A")
    lower: float | None
    upper: float | None


class ComparedPerson(Wire):
    """A person behind a decided comparison: the arm, when their mail was due, and when they first booked or came within the waiting time."""

    consumer_id: UUID
    touch_id: UUID
    arm: Variant
    due_at: Instant
    responded_at: Instant | None


class Comparison(Wire):
    """The comparison of a campaign: its rule in words and figures, whom it reaches at present, and what came of each occasion."""

    campaign_id: UUID
    version: int
    rule: str
    share_percent: int
    wait_days: int
    expected_percent: int
    difference_points: int
    needed: int = Field(description="people that each variant needs")
    reachable: int = Field(description="people of the audience who can be reached, as facts stand now")
    occasion_on: date = Field(description="local day of the next occasion")
    decides_on: date = Field(description="local day at whose beginning that occasion is decided")
    occasions: list[ComparedVariant]
