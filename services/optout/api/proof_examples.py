"""Worked examples of what proves: searches, decisions, exports and bounces; a test validates each against its model."""

from typing import Any, Final

from services.optout.api.examples import EVIDENCE

_ENTRY: Final[dict[str, Any]] = EVIDENCE["entries"][0]
_SUBSCRIBER: Final = "0192f0c1-7a00-7000-8000-000000000001"
_LOCATION: Final = "0192f0c1-7a00-7000-8000-000000000002"
_EXPORT: Final = "0192f0c1-7a00-7000-8000-000000000009"
_HASH: Final = "dGhlIGtleWVkIGhhc2ggb2Ygb25lIGFkZHJlc3Mga2V5"
_AT: Final = "2026-03-02T18:00:00Z"

SEARCH: Final[dict[str, Any]] = {"address": "ann@example.com", "limit": 50}
QUESTION: Final[dict[str, Any]] = {
    "address": "ann@example.com",
    "location_id": _LOCATION,
    "person_ids": [],
    "message_class": "commercial",
    "topic": "care",
    "at": _AT,
}
PROOF: Final[dict[str, Any]] = {
    "answer": "refused",
    "reason": "optout_business",
    "entry_id": _ENTRY["entry_id"],
    "rests_on": _ENTRY,
    "jurisdictions": ["united_states"],
    "considered": 2,
    "at": _AT,
}
BOUNCES: Final[dict[str, Any]] = {
    "subscriber_id": _SUBSCRIBER,
    "bounces": [
        {
            "bounce_id": "0192f0c1-7a00-7000-8000-00000000000a",
            "address_key": EVIDENCE["address_key"],
            "bounce_class": "hard",
            "channel": "smtp_reply",
            "evidence": "message:0192f0c1-7a00-7000-8000-000000000008",
            "occurred_at": _AT,
        }
    ],
}
EXPORT: Final[dict[str, Any]] = {"purpose": "Request 2026-114 of the regulator"}
_RECORD: Final[dict[str, Any]] = {
    "export_id": _EXPORT,
    "kind": "chain",
    "purpose": EXPORT["purpose"],
    "requested_by": "front-desk",
    "made_at": _AT,
}
EXPORTS: Final[dict[str, Any]] = {"items": [_RECORD], "next": None}
CHAIN_LINES: Final[tuple[dict[str, Any], ...]] = (
    {"export": _RECORD, "entries": 1, "columns": ["subscriber_id", "chain_position"], "recipe": "…", "verifier": "…"},
    {"values": [_SUBSCRIBER, 1], "hash": _ENTRY["hash"]},
    {"entries": 1, "head": _ENTRY["hash"]},
)
LIST_LINES: Final[tuple[dict[str, Any], ...]] = (
    {"export": _RECORD | {"kind": "suppressions"}, "recipe": "…"},
    {"hash": _HASH, "suppression_class": "commercial", "scope": "business", "topic": None, "location_id": None},
    {"suppressions": 1},
)
HASHES: Final[dict[str, Any]] = {"export_id": _EXPORT, "addresses": ["ann@example.com"]}
HASHES_ANSWER: Final[dict[str, Any]] = {"hashes": [[_HASH]]}
