"""What was decided about a touch, and on which record it rests: told from the decision on file, because facts move on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.reasons import STATES, reason_sentence
from services.scheduler.domain.triggers import TriggerKind
from shared.schemas.decisions import DecidingRecord, Decision, DecisionKind, RecordKind
from shared.schemas.scheduler import TouchState

_OF_TRIGGERS: Final[dict[TriggerKind, RecordKind]] = {
    "appointment": "appointment",
    "booking": "appointment",
    "cancellation": "appointment",
    "visit": "visit",
    "lapse": "consumer",
    "arrival": "consumer",
    "birthday": "consumer",
    "calendar": "consumer",
    "recare": "recare_due",
    "service": "vehicle",
    "inspection": "vehicle",
    "declined": "service_line",
    "treatment": "service_line",
}
_OF_DECIDERS: Final[dict[str, RecordKind]] = {
    "booked_ahead": "appointment",
    "visited_lately": "visit",
    "been_before": "visit",
    "asked_to_confirm": "touch",
    "reminded_soon": "touch",
    "other_mail": "touch",
    "had_same_lately": "touch",
    "recare_running": "touch",
    "moved_other_mail": "message",
    "other_mail_today": "message",
}
"""Reasons whose record is on file with the decision."""
_ABOUT_PEOPLE: Final = frozenset(
    (
        *("minor_without_guardian", "recipient_unfit", "no_address", "role_address", "text_gateway", "disposable"),
        *("typo_suspected", "not_in_audience", "is_fleet", "is_minor", "held_out", "recipient_unknown"),
    )
)
_ABOUT_LOCATIONS: Final = frozenset(
    (
        *(
            "location_not_live",
            "subscriber_inactive",
            "agreement_missing",
            "hours_missing",
            "zone_unknown",
            "stale_source",
        ),
        *("calendar_full", "moved_calendar_full"),
    )
)
_ABOUT_CAMPAIGNS: Final = frozenset(
    (
        "campaign_paused",
        "campaign_ended",
        "comparison_open",
        "step_off",
        "daily_most",
        "moved_daily_most",
        "outside_window",
        "resend",
    )
)
_MERGING: Final = frozenset(("covered_same_day", "asked_to_confirm"))
_WORDS: Final[dict[DecisionKind, str]] = {
    "planned": "planned for {due}",
    "moved": "moved from {before} to {due}",
    "merged": "merged with other mail of that day",
    "dispatched": "handed to the mailer",
}


@dataclass(frozen=True, slots=True)
class DecisionOnFile:
    """A stored decision with what its touch says. `before_at` is the touch's time before it, None for the first; `others` share its message."""

    decided_at: datetime
    touch_id: UUID
    campaign_id: UUID
    campaign_type: str
    step: str
    rule_version: int
    state: TouchState
    reason: str | None
    decider_id: UUID | None
    due_at: datetime
    before_at: datetime | None
    message_id: UUID | None
    others: tuple[UUID, ...]
    consumer_id: UUID
    location_id: UUID
    trigger_id: UUID
    zone: str


def explain_decision(row: DecisionOnFile, kind: CampaignType | None) -> Decision:
    """Return the decision as it is told; `kind` None for a campaign type that this version no longer has."""
    decision, record, zone = _kind_of(row), _record_of(row, kind), ZoneInfo(row.zone)
    is_moved = row.before_at is not None and row.before_at != row.due_at
    due = f"{row.due_at.astimezone(zone):%Y-%m-%d %H:%M}"
    before = f"{(row.before_at or row.due_at).astimezone(zone):%Y-%m-%d %H:%M}"
    title = kind.title if kind is not None else row.campaign_type
    words = _WORDS.get(decision, decision).format(due=due, before=before)
    said = reason_sentence(row.reason) if row.reason else STATES[row.state] if decision not in _WORDS else ""
    sentence = (
        f"{title}, step {row.step}: {words}. {said} Decided by {record.kind.replace('_', ' ')} {record.record_id}."
    )
    return Decision(
        decided_at=row.decided_at,
        day=row.decided_at.astimezone(zone).date(),
        touch_id=row.touch_id,
        campaign_id=row.campaign_id,
        campaign_type=row.campaign_type,
        step=row.step,
        rule_version=row.rule_version,
        decision=decision,
        reason=row.reason,
        record=record,
        due_at=row.due_at,
        due_before=row.before_at if is_moved else None,
        message_id=row.message_id,
        merged_with=list(row.others),
        explanation=" ".join(sentence.split()),
    )


def _kind_of(row: DecisionOnFile) -> DecisionKind:
    """Return what was decided; a touch put into one message with others counts as merged, whichever of them gave the message its day."""
    if row.reason in _MERGING or (row.state == "dispatched" and row.others):
        return "merged"
    if row.state == "planned" and row.before_at is not None and row.before_at != row.due_at:
        return "moved"
    return row.state


def _record_of(row: DecisionOnFile, kind: CampaignType | None) -> DecidingRecord:
    """Return the record behind a decision: the one on file, the one its reason speaks of, its message, or the one that set the touch off."""
    reason = row.reason or ""
    if row.decider_id is not None and reason in _OF_DECIDERS:
        return DecidingRecord(kind=_OF_DECIDERS[reason], record_id=row.decider_id)
    if reason in _ABOUT_PEOPLE or reason.startswith(("person_", "address_")):
        return DecidingRecord(kind="consumer", record_id=row.consumer_id)
    if reason in _ABOUT_LOCATIONS:
        return DecidingRecord(kind="location", record_id=row.location_id)
    if reason in _ABOUT_CAMPAIGNS:
        return DecidingRecord(kind="campaign", record_id=row.campaign_id)
    if row.message_id is not None:
        return DecidingRecord(kind="message", record_id=row.message_id)
    record = _OF_TRIGGERS[kind.trigger.kind] if kind is not None else "touch"
    return DecidingRecord(kind=record, record_id=row.trigger_id if kind is not None else row.touch_id)
