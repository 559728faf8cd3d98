"""Scheduler's wire of "why, on that day": every decision about a touch, with the rule and the record behind it (S-003)."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Slug, Wire

DecisionKind = Literal[
    "planned",
    "moved",
    "merged",
    "dispatched",
    "held",
    "sent",
    "skipped",
    "cancelled",
    "expired",
    "failed",
    "bounced",
    "suppressed",
    "uncertain",
]
"""What was decided: `moved` gave a planned touch another time, `merged` put it into one message with others or let another occasion speak for it."""

RecordKind = Literal[
    "appointment",
    "visit",
    "recare_due",
    "vehicle",
    "service_line",
    "consumer",
    "campaign",
    "location",
    "touch",
    "message",
]


class DecidingRecord(Wire):
    """The record that a decision rests on."""

    kind: RecordKind
    record_id: UUID


class Decision(Wire):
    """One decision: when, about which touch of which campaign, what, by which rule, because of which record; and as a sentence."""

    decided_at: Instant
    day: date = Field(description="the local day of the decision, in the location's zone")
    touch_id: UUID
    campaign_id: UUID
    campaign_type: Slug
    step: Slug
    rule_version: int
    decision: DecisionKind
    reason: Slug | None = Field(description="the rule's code; null where nothing but the campaign's own step decided")
    record: DecidingRecord
    due_at: Instant = Field(description="the touch's time after this decision")
    due_before: Instant | None = Field(description="its time before, where the decision gave it another")
    message_id: UUID | None
    merged_with: list[UUID] = Field(description="other touches of the same message, at most 100")
    explanation: str
