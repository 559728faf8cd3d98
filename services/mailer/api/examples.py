"""Worked examples for the OpenAPI description."""

from typing import Any

_SUBSCRIBER = "0192f0c1-7a00-7000-8000-000000000001"
_LOCATION = "0192f0c1-7a00-7000-8000-000000000002"
_CONTENT = "0192f0c1-7a00-7000-8000-000000000003"
_MESSAGE = "0192f0c1-7a00-7000-8000-000000000004"
_TOUCH = "0192f0c1-7a00-7000-8000-000000000005"
_PERSON = "0192f0c1-7a00-7000-8000-000000000006"

CLASS_REASON: dict[str, Any] = {
    "purpose": "agreed_transaction",
    "decided_by": "campaign_type",
    "decider": "visit_note",
    "words": "It is about a visit that took place and carries no promotion.",
}
CONTENT: dict[str, Any] = {
    "subscriber_id": _SUBSCRIBER,
    "slug": "visit_note",
    "language": "en",
    "vertical": "any",
    "message_class": "transactional",
    "class_reason": CLASS_REASON,
    "subject": "A note from {{ location.name }}",
    "mjml": (
        "<mjml><mj-body><mj-section><mj-column><mj-text><h1>Hello {{ person.greeting }}</h1>"
        "<p>We have written down what we talked about at your visit. Please call us with any question.</p></mj-text>"
        '<mj-text>{{ location.name }}, {{ location.postal_address }}<br/>{{ notice.sent_by }}<br/><a href="{{ links.optout }}">Stop these e-mails'
        "</a></mj-text></mj-column></mj-section></mj-body></mjml>"
    ),
    "text": (
        "Hello {{ person.greeting }},\n\nWe have written down what we talked about at your visit. Please call us with any question.\n\n"
        "{{ location.name }}, {{ location.postal_address }}\n{{ notice.sent_by }}\nStop these e-mails: {{ links.optout }}\n"
    ),
    "sample": {"person": {"greeting": "Ann"}},
}
PUBLISHED: dict[str, Any] = {
    "content_id": _CONTENT,
    "slug": "visit_note",
    "language": "en",
    "message_class": "transactional",
    "vertical": "any",
    "class_reason": CLASS_REASON,
    "fields": ["location.name", "person.greeting"],
    "findings": [],
    "published_at": "2026-03-02T15:00:00Z",
}
PREVIEW_INPUT: dict[str, Any] = {
    "content": CONTENT,
    "fields": {"person": {"greeting": "Bob"}},
    "location_id": _LOCATION,
}
PREVIEW: dict[str, Any] = {
    "subject": "A note from Bright Smile Dental",
    "text": "Hello Bob, ...",
    "html": "<!doctype html>...",
    "findings": [],
}
MESSAGES: dict[str, Any] = {
    "messages": [
        {
            "message_id": _MESSAGE,
            "subscriber_id": _SUBSCRIBER,
            "location_id": _LOCATION,
            "campaign_id": None,
            "content_id": _CONTENT,
            "origin": "campaign",
            "touches": [{"touch_id": _TOUCH, "person_id": _PERSON}],
            "address": "ann@example.com",
            "address_key": "1.AAAAAAAAAAAAAAAAAAAAAA",
            "fields": {"person": {"greeting": "Ann"}},
            "calendar": [
                {
                    "uid": "5a1b2c3d-4e5f-5a6b-9c7d-8e9f0a1b2c3d",
                    "sequence": 0,
                    "starts_at": "2026-03-05T17:00:00Z",
                    "minutes": 45,
                    "announced_at": "2026-03-02T16:58:00Z",
                    "is_cancelled": False,
                }
            ],
            "due_at": "2026-03-02T17:00:00Z",
            "useful_until": "2026-03-03T17:00:00Z",
            "recheck_after": "2026-03-02T18:00:00Z",
        }
    ]
}
ACCOUNT_MAIL: dict[str, Any] = {
    "message_id": _MESSAGE,
    "content": "slow_week",
    "language": "en",
    "address": "frontdesk@brightsmile.example.com",
    "address_key": "1.AAAAAAAAAAAAAAAAAAAAAA",
    "fields": {"week": {"begins": "March 9", "booked": 21, "usual": 34, "location": "Bright Smile Dental"}},
    "useful_until": "2026-03-06T08:00:00Z",
}
RECEIPTS: dict[str, Any] = {"receipts": [{"message_id": _MESSAGE, "result": "accepted", "code": None}]}
CANCEL: dict[str, Any] = {"subscriber_id": _SUBSCRIBER, "touch_ids": [_TOUCH]}
CANCELLED: dict[str, Any] = {"cancelled": [_TOUCH], "too_late": []}
STOP: dict[str, Any] = {"state": "paused"}
CANCELLATION: dict[str, Any] = {"asked_at": "2026-03-02T16:59:00Z", "cancelled": 4000, "finished_at": None}
STOPS: dict[str, Any] = {
    "items": [{"scope": "all", "id": "all", "stopped_at": "2026-03-02T16:59:00Z", "cancellation": CANCELLATION}]
}
QUEUE: dict[str, Any] = {
    "counts": [
        {"state": "accepted", "count": 48200, "is_estimate": True},
        {"state": "deferred", "count": 12, "is_estimate": False},
        {"state": "claimed", "count": 480, "is_estimate": False},
        {"state": "handing_over", "count": 20, "is_estimate": False},
        {"state": "uncertain", "count": 0, "is_estimate": False},
    ],
    "oldest_due_at": "2026-03-02T16:59:00Z",
    "oldest_due_seconds": 61,
}
RESEND: dict[str, Any] = {"subscriber_id": _SUBSCRIBER, "campaign_id": "0192f0c1-7a00-7000-8000-000000000009"}
RECHECKED: dict[str, Any] = {"rechecked": 12}
STATUS: dict[str, Any] = {
    "message_id": _MESSAGE,
    "subscriber_id": _SUBSCRIBER,
    "state": "sent",
    "reason": None,
    "accepted_at": "2026-03-02T16:59:00Z",
    "final_at": "2026-03-02T17:00:01Z",
    "attempts": [
        {
            "attempt_id": "0192f0c1-7a00-7000-8000-000000000007",
            "started_at": "2026-03-02T17:00:00Z",
            "phase": "dot",
            "reply_code": 250,
            "enhanced_code": "2.0.0",
            "outcome": "sent",
            "reason": None,
            "finished_at": "2026-03-02T17:00:01Z",
            "route": "default",
        }
    ],
    "handed_over_at": "2026-03-02T17:00:00Z",
    "content_id": _CONTENT,
    "message_class": "transactional",
}
SENT_CONTENT: dict[str, Any] = {
    "message_id": _MESSAGE,
    "content_id": _CONTENT,
    "proof": "matches",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "composed_at": "2026-03-02T17:00:00Z",
    "recipient": "ann@example.com",
    "subject": "A note from Bright Smile Dental",
    "text": "Hello Ann,",
    "html": "<h1>Hello Ann</h1>",
    "source": "From: Bright Smile Dental <hello@brightsmile.example.com>\r\n",
}
CONTENT_VIEWS: dict[str, Any] = {
    "items": [
        {
            "view_id": "0192f0c1-7a00-7000-8000-00000000000a",
            "subscriber_id": _SUBSCRIBER,
            "message_id": _MESSAGE,
            "viewed_by": "client:0192f0c1-7a00-7000-8000-000000000009",
            "viewed_at": "2026-03-02T18:00:00Z",
            "proof": "matches",
        }
    ],
    "next": None,
}
ATTEMPTS: dict[str, Any] = {"items": STATUS["attempts"], "next": None}
SUMMARIES: dict[str, Any] = {
    "items": [
        {
            "message_id": _MESSAGE,
            "location_id": _LOCATION,
            "campaign_id": None,
            "state": "uncertain",
            "reason": "connection_lost",
            "phase": "dot",
            "attempts": 1,
            "accepted_at": "2026-03-02T16:59:00Z",
            "handed_over_at": "2026-03-02T17:00:00Z",
            "at": "2026-03-02T17:10:00Z",
        }
    ],
    "next": None,
}
SETTLEMENT: dict[str, Any] = {"as": "sent", "note": "The relay's support found it in their queue."}
SETTLED: dict[str, Any] = STATUS | {
    "final_at": "2026-03-02T19:00:00Z",
    "attempts": [STATUS["attempts"][0] | {"reply_code": None, "enhanced_code": None, "outcome": "uncertain"}],
    "settlements": [
        {
            "settled_at": "2026-03-02T19:00:00Z",
            "source": "person",
            "state": "sent",
            "by": "0192f0c1-7a00-7000-8000-000000000009",
            "note": SETTLEMENT["note"],
        }
    ],
}
CHANGES: dict[str, Any] = {
    "epoch": "0192f0c1-7a00-7000-8000-000000000008",
    "changes": [
        {
            "position": "731.1",
            "subscriber_id": _SUBSCRIBER,
            "kind": "outcome",
            "key": _MESSAGE,
            "body": {
                "message_id": _MESSAGE,
                "touch_ids": [_TOUCH],
                "state": "sent",
                "reason": None,
                "at": "2026-03-02T17:00:01Z",
            },
        }
    ],
    "cursor": "731.1",
}

POSTFIX_LOG = (
    f"2026-03-02T17:00:00.1+00:00 relay postfix/cleanup[412]: 4Q9xBv1: message-id=<{_MESSAGE}@bounces.example.com>\n"
    "2026-03-02T17:00:00.2+00:00 relay postfix/qmgr[398]: 4Q9xBv1: from=<>, size=6120, nrcpt=1 (queue active)\n"
    "2026-03-02T17:00:01.4+00:00 relay postfix/smtp[415]: 4Q9xBv1: to=<ann@example.com>, relay=mx.example.com[192.0.2.7]:25, delay=1.3, "
    "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)\n"
)
JSON_LOG = f'{{"message_id": "<{_MESSAGE}@bounces.example.com>", "status": "sent", "at": "2026-03-02T17:00:01Z"}}\n'
RELAY_LOG_ANSWER: dict[str, Any] = {
    "applied": 1,
    "settled": {"sent": 1},
    "left_uncertain": 0,
    "lines": 3,
    "proving": 2,
    "already_settled": 0,
    "under_way": 0,
    "unknown": 0,
    "undecided": 1,
    "other": 0,
    "unreadable": 0,
}


def worked(example: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI request body's examples."""
    return {"worked": {"value": example}}


def answered(example: dict[str, Any], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return an OpenAPI answer with its worked example."""
    return {status: {"content": {"application/json": {"example": example}}}}
