"""Worked examples for the OpenAPI description: one reminder of one practice, followed through every request and answer."""

from typing import Any, Final

LOCATION_ID: Final = "0192f0c1-7a00-7000-8000-000000000002"
CAMPAIGN_ID: Final = "0192f0c1-7a00-7000-8000-000000000006"
CONSUMER_ID: Final = "7d0f3c1e-5b8a-8c11-9a52-6f0e1d2c3b4a"
APPOINTMENT_ID: Final = "5a1b2c3d-4e5f-8a6b-9c7d-8e9f0a1b2c3d"

CAMPAIGN_TYPE: Final = {
    "slug": "appointment_reminder",
    "title": "Appointment reminder",
    "verticals": ["dental", "auto"],
    "message_class": "transactional",
    "steps": ["two_weeks", "three_days", "day_before", "two_hours", "new_time"],
    "topic": "appointments",
    "class_reason": {
        "purpose": "agreed_transaction",
        "decided_by": "campaign_type",
        "decider": "appointment_reminder",
        "words": "It facilitates an appointment the person agreed to and carries no promotion (15 U.S.C. 7702(17)).",
    },
}
CAMPAIGN_INPUT: Final = {
    "location_id": LOCATION_ID,
    "type": "appointment_reminder",
    "settings": {"steps": {"two_weeks": False}, "send_from": "09:00"},
}
CAMPAIGN: Final = CAMPAIGN_INPUT | {
    "campaign_id": CAMPAIGN_ID,
    "state": "active",
    "version": 1,
    "activated_at": "2026-03-02T15:00:00Z",
}
CAMPAIGN_CHANGE: Final = {"state": "paused"}
CAMPAIGN_PREVIEW: Final = {
    "campaign_id": CAMPAIGN_ID,
    "version": 3,
    "consumer_id": CONSUMER_ID,
    "subject": "Whiter for the summer",
    "text": "Whiter for the summer\n\nHello Ana, ...",
    "html": "<!doctype html>...",
    "findings": [],
}
CAMPAIGN_TEST_INPUT: Final = {"recipient": "frontdesk@brightsmile.example.com", "language": "en"}
CAMPAIGN_TEST: Final = {
    "campaign_id": CAMPAIGN_ID,
    "version": 3,
    "message_id": "c1f0a9d4-7b3e-4a52-9e6f-0d8c2b4a6e14",
    "language": "en",
}
FORECAST: Final = {
    "campaign_id": CAMPAIGN_ID,
    "version": 3,
    "hold": None,
    "people": 1840,
    "counted": 1840,
    "days": [
        {"day": "2026-03-20", "people": 268, "messages": 241},
        {"day": "2026-03-21", "people": 4, "messages": 4},
    ],
    "reasons": [
        {
            "reason": "not_in_audience",
            "explanation": "The person is not in the campaign's audience as its facts stand now.",
            "people": 1530,
        },
        {
            "reason": "no_permission_yet",
            "explanation": "No permission is on file yet; it is asked for again (S-020).",
            "people": 38,
        },
    ],
}
FORECAST_PERSON: Final = {"consumer_id": CONSUMER_ID, "day": "2026-03-20", "reason": None, "explanation": ""}
RESEND: Final = {"campaign_id": CAMPAIGN_ID, "asked_at": "2026-03-02T18:10:00Z"}
TOUCH: Final = {
    "touch_id": "0d4e9c52-1f6b-4c7a-8d2e-3b5a7c9e1f20",
    "campaign_id": CAMPAIGN_ID,
    "campaign_type": "appointment_reminder",
    "step": "day_before",
    "cycle": f"{APPOINTMENT_ID}@2026-03-03T09:30",
    "consumer_id": CONSUMER_ID,
    "trigger_id": APPOINTMENT_ID,
    "due_at": "2026-03-02T18:00:00Z",
    "useful_until": "2026-03-03T17:30:00Z",
    "state": "sent",
    "reason": None,
    "explanation": (
        "Appointment reminder: due 1 day before the appointment at 10:00, rolled back over closed days. The recipient's server accepted it."
    ),
    "message_id": "c1f0a9d4-7b3e-4a52-9e6f-0d8c2b4a6e13",
    "rule_version": 1,
    "final_at": "2026-03-02T18:00:01Z",
}
REASONS: Final = {
    "consumer_id": CONSUMER_ID,
    "touches": [TOUCH],
    "verdicts": [
        {
            "campaign_id": CAMPAIGN_ID,
            "campaign_type": "appointment_reminder",
            "verdict": "touch",
            "reason": "sent",
            "explanation": "The recipient's server accepted it.",
        },
        {
            "campaign_id": "0192f0c1-7a00-7000-8000-000000000007",
            "campaign_type": "visit_thanks",
            "verdict": "nothing",
            "reason": "visit_none",
            "explanation": "There is no completed visit.",
        },
    ],
    "next": None,
}
DECISION: Final = {
    "decided_at": "2026-03-02T15:00:00Z",
    "day": "2026-03-02",
    "touch_id": "0d4e9c52-1f6b-4c7a-8d2e-3b5a7c9e1f21",
    "campaign_id": "0192f0c1-7a00-7000-8000-000000000008",
    "campaign_type": "recare_due",
    "step": "month_before",
    "rule_version": 1,
    "decision": "skipped",
    "reason": "booked_ahead",
    "record": {"kind": "appointment", "record_id": APPOINTMENT_ID},
    "due_at": "2026-03-05T18:00:00Z",
    "due_before": None,
    "message_id": None,
    "merged_with": [],
    "explanation": (
        "Recare due, step month_before: skipped. The person has an appointment ahead (N-63). "
        f"Decided by appointment {APPOINTMENT_ID}."
    ),
}
STATUS: Final = {
    "behind": 0,
    "planned": 212,
    "held": 3,
    "due": 0,
    "open": 4,
    "facts_cursor": "812.4",
    "outcomes_cursor": "977.12",
}
AUDIENCE_COUNT_INPUT: Final = {
    "location_id": LOCATION_ID,
    "audience": {
        "all": [
            {"fact": "last_visit", "operator": "over_days_ago", "value": 180},
            {"fact": "appointment_ahead", "operator": "is", "value": False},
        ]
    },
}
AUDIENCE_COUNT: Final = {
    "sentence": "Everybody for whom the last visit was more than 180 days ago and there is no appointment ahead.",
    "people": 1840,
    "matched": 312,
    "reachable": 297,
    "sample": [CONSUMER_ID],
    "warnings": [],
}
AUDIENCE_FACT: Final = {
    "slug": "visits",
    "title": "the number of visits",
    "kind": "number",
    "verticals": ["dental", "auto"],
    "operators": ["at_least", "at_most"],
    "values": [],
    "days": "optional",
}


def worked(value: Any) -> dict[str, Any]:
    """Return a request's example as FastAPI takes it."""
    return {"worked": {"summary": "A worked example", "value": value}}


def answers(value: Any, *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return an answer's example as FastAPI takes it."""
    return {status: {"content": {"application/json": {"example": value}}}}


def page_of(value: Any) -> dict[str, Any]:
    """Return a page with one item."""
    return {"items": [value], "next": None}
