"""Worked examples of privacy cases, legal holds and erasures."""

from typing import Any, Final

_LOCATION: Final = "0192f0c1-7a00-7000-8000-000000000002"
_CASE_ID: Final = "0192f0c1-7a00-7000-8000-00000000c001"
_HOLD_ID: Final = "0192f0c1-7a00-7000-8000-00000000c002"
_ENTRY_ID: Final = "0192f0c1-7a00-8000-8000-00000000c003"
_OPENED: Final = "2026-03-02T17:30:00Z"

CASE_INPUT: Final[dict[str, Any]] = {
    "kind": "erasure",
    "address": "ann@example.com",
    "location_id": _LOCATION,
    "country": "US",
    "note": "Called on Monday.",
}
_LISTED: Final[dict[str, Any]] = {
    "case_id": _CASE_ID,
    "subscriber_id": "0192f0c1-7a00-7000-8000-000000000001",
    "kind": "erasure",
    "state": "executing",
    "owner": "front-desk",
    "location_id": _LOCATION,
    "channel": "front_desk",
    "law": "us_states",
    "opened_at": _OPENED,
    "due_at": "2026-04-16T17:30:00Z",
    "is_overdue": False,
    "outcome": None,
}
CASE_LISTED: Final = _LISTED
CASES: Final = {"items": [_LISTED], "next": None}
CASE: Final[dict[str, Any]] = _LISTED | {
    "version": 3,
    "opened_by": "front-desk",
    "address": "ann@example.com",
    "note": "Called on Monday.",
    "consumer_ids": [],
    "privacy_mail_id": None,
    "proof_sent_at": _OPENED,
    "proven_at": "2026-03-02T18:00:00Z",
    "executed_at": "2026-03-02T18:00:00Z",
    "closed_at": None,
    "extended": False,
    "held_because": None,
    "acknowledged": [{"service": "ingest", "acknowledged_at": "2026-03-02T18:00:02Z", "records": 14}],
    "awaited": ["mailer"],
    "history": [{"at": _OPENED, "actor": "front-desk", "action": "opened", "detail": "front_desk"}],
}
CHANGE: Final = {"owner": "dr-lee", "extend_because": "records of two practices"}
CLOSURE: Final = {"outcome": "withdrawn", "remark": "by phone"}
REMARK: Final = {"remark": "called back, will write"}
DONE: Final = {"done": [{"entry_id": _ENTRY_ID, "subscriber_id": None, "records": 14}]}
NOTED: Final = {"noted": 1, "closed": 0}
HOLD_INPUT: Final = {"address": "cy@example.com", "reason": "court_order", "reference": "order 26-114"}
HOLD: Final[dict[str, Any]] = {
    "hold_id": _HOLD_ID,
    "subscriber_id": None,
    "reason": "court_order",
    "reference": "order 26-114",
    "placed_by": "operator",
    "placed_at": _OPENED,
    "ended_by": None,
    "ended_because": None,
    "ended_at": None,
}
HOLDS: Final = {"items": [HOLD], "next": None}
HOLD_END: Final = {"because": "the trial has ended"}
PROOF_MAIL: Final = {"language": "es"}
