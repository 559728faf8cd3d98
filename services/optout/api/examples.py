"""Worked examples of every request and answer, as OpenAPI shows them; a test validates each against its model."""

from typing import Any, Final

_SUBSCRIBER: Final = "0192f0c1-7a00-7000-8000-000000000001"
_LOCATION: Final = "0192f0c1-7a00-7000-8000-000000000002"
_PERSON: Final = "0192f0c1-7a00-7000-8000-000000000003"
_ENTRY: Final = "0192f0c1-7a00-7000-8000-000000000004"
_QUERY: Final = "0192f0c1-7a00-7000-8000-000000000005"
_EPOCH: Final = "0192f0c1-7a00-7000-8000-000000000006"
_VISIT: Final = "visit:0192f0c1-7a00-7000-8000-000000000007"
_KEY: Final = "1.q2Vx0b7mTn5sJk3LwPzR4A"

CONSENTS: Final[dict[str, Any]] = {
    "subscriber_id": _SUBSCRIBER,
    "consents": [
        {
            "consent_id": _ENTRY,
            "location_id": _LOCATION,
            "person_id": _PERSON,
            "address_key": _KEY,
            "basis": "existing_relationship",
            "source": "practice_system",
            "evidence": _VISIT,
            "policy_version": "1",
            "occurred_at": "2026-03-02T17:30:00Z",
            "valid_until": None,
        }
    ],
}
ADDRESS_KEYS: Final[dict[str, Any]] = {"addresses": ["Ada@BrightSmile.example.com"]}
KEYED_ADDRESSES: Final[dict[str, Any]] = {"keys": [{"address": "Ada@brightsmile.example.com", "address_key": _KEY}]}
OPTOUTS: Final[dict[str, Any]] = {
    "subscriber_id": _SUBSCRIBER,
    "optouts": [
        {
            "optout_id": _ENTRY,
            "address_key": _KEY,
            "person_id": _PERSON,
            "scope": "business",
            "suppression_class": "all",
            "topic": "news",
            "channel": "front_desk",
            "evidence": "phone_call:2026-03-02",
            "occurred_at": "2026-03-02T17:30:00Z",
        }
    ],
}
RECORDED: Final[dict[str, Any]] = {"recorded": 1, "repeated": 0}
QUERIES: Final[dict[str, Any]] = {
    "queries": [
        {
            "query_id": _QUERY,
            "subscriber_id": _SUBSCRIBER,
            "location_id": _LOCATION,
            "address_key": _KEY,
            "person_ids": [_PERSON],
            "message_class": "commercial",
            "topic": "care",
            "channel": "email",
        }
    ]
}
ANSWERS: Final[dict[str, Any]] = {
    "answers": [{"query_id": _QUERY, "answer": "allowed", "reason": "existing_relationship", "entry_id": _ENTRY}]
}
BATCH: Final[dict[str, Any]] = {
    "groups": [
        {
            "subscriber_id": _SUBSCRIBER,
            "location_id": _LOCATION,
            "message_class": "commercial",
            "topic": "care",
            "address_keys": [_KEY],
            "person_ids": [[_PERSON]],
        }
    ]
}
VERDICTS: Final[dict[str, Any]] = {"verdicts": "r", "reasons": ["optout_business"]}
POLL: Final[dict[str, Any]] = {"holder": _QUERY, "epoch": _EPOCH, "after": 41, "safe": 41, "wait_seconds": 1.0}
SUPPRESSION: Final[dict[str, Any]] = {
    "position": 42,
    "entry_id": _ENTRY,
    "kind": "suppress",
    "subscriber_id": _SUBSCRIBER,
    "location_id": None,
    "address_key": _KEY,
    "person_id": None,
    "suppression_class": "commercial",
    "topic": None,
}
POLLED: Final[dict[str, Any]] = {"epoch": _EPOCH, "entries": [SUPPRESSION], "last": 42, "lease_seconds": 5.0}
MAIL_REQUEST: Final[dict[str, Any]] = {
    "request_id": _ENTRY,
    "origin": "opt_in",
    "language": "en",
    "address": "ann@example.com",
    "address_key": _KEY,
    "fields": {
        "about": {"business": "Bright Smile Dental"},
        "links": {"confirm": "https://optout.example.com/confirm/x"},
    },
    "useful_until": "2026-03-09T17:30:00Z",
}
MAIL_REQUEST_ANSWER: Final[dict[str, Any]] = {"request_id": _ENTRY, "result": "requested"}
CHANGES: Final[dict[str, Any]] = {
    "epoch": _EPOCH,
    "changes": [
        {
            "position": "7301.42",
            "subscriber_id": _SUBSCRIBER,
            "kind": "suppression",
            "key": _ENTRY,
            "body": SUPPRESSION,
        }
    ],
    "cursor": "7301.42",
}
EVIDENCE: Final[dict[str, Any]] = {
    "address_key": _KEY,
    "entries": [
        {
            "entry_id": _ENTRY,
            "chain_position": 12,
            "kind": "optout",
            "location_id": None,
            "person_id": None,
            "basis": None,
            "scope": "business",
            "suppression_class": "commercial",
            "channel": "one_click",
            "policy_version": None,
            "evidence": "message:0192f0c1-7a00-7000-8000-000000000008",
            "occurred_at": "2026-03-02T17:30:00Z",
            "recorded_at": "2026-03-02T17:30:00Z",
            "valid_until": None,
            "wording": None,
            "bounce_class": None,
            "topic": None,
            "hash": "9f2c" * 16,
        }
    ],
    "next": None,
}

PRIVACY_MAILS: Final[dict[str, Any]] = {
    "items": [
        {
            "mail_id": _ENTRY,
            "received_at": "2026-03-02T17:30:00Z",
            "sender": "ann@example.com",
            "subject": "My data",
            "text": "Please tell me what you have on file about me.",
            "attachments": 0,
            "header_from": "ann@example.com",
            "asks": "other",
            "state": "open",
            "due_at": "2026-04-01T17:30:00Z",
        }
    ],
    "next": None,
}
SIGNUP_LINK: Final[dict[str, Any]] = {
    "location_id": _LOCATION,
    "url": "https://optout.example.com/join/AT0Xz…",
    "shared_device_url": "https://optout.example.com/join/AT0Xz…?shared=true",
}
SIGNUPS: Final[dict[str, Any]] = {
    "items": [
        {
            "signup_id": _ENTRY,
            "location_id": _LOCATION,
            "address": "ann@example.com",
            "language": "en",
            "wording": "I would like e-mails from Bright Smile Dental: …",
            "policy_version": "1",
            "requested_at": "2026-03-02T17:30:00Z",
            "confirmed_at": "2026-03-02T17:41:00Z",
        }
    ],
    "next": None,
}
