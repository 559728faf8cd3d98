"""The records that can trigger a series, each as one query of the same shape; a new kind of trigger is a new entry here."""

from typing import Final

from services.scheduler.domain.campaign_type import Cycle, TriggerKind

SOURCES: Final[dict[TriggerKind, str]] = {
    "appointment": (
        "select subscriber_id, appointment_id as trigger_id, location_id, consumer_id, starts_at as about_at, status, historic, deleted "
        "from appointments"
    ),
    "visit": (
        "select subscriber_id, visit_id as trigger_id, location_id, consumer_id, completed_at as about_at, "
        "cast('completed' as text) as status, historic, deleted from visits"
    ),
}
"""Ingest sends completed visits only: an estimate or work in progress never gets here (N-72)."""

CYCLES: Final[dict[Cycle, str]] = {
    "trigger": "cast(o.trigger_id as text)",
    "trigger_and_start": """o.trigger_id || '@' || to_char(o.about_local, 'YYYY-MM-DD"T"HH24:MI')""",
}
"""What makes a touch unique beside campaign, step and person: the trigger, or the trigger with its announced local start (N-42, N-43)."""
