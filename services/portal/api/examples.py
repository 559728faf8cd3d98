"""Worked examples for the OpenAPI description: one practice, followed through every request and answer."""

from typing import Any, Final

SUBSCRIBER_ID: Final = "0192f0c1-7a00-7000-8000-000000000001"
LOCATION_ID: Final = "0192f0c1-7a00-7000-8000-000000000002"
CLIENT_ID: Final = "0192f0c1-7a00-7000-8000-000000000003"

POSTAL_ADDRESS: Final = {
    "line1": "12 Market Street",
    "line2": "Suite 4",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94105",
    "country": "US",
}
SUBSCRIBER_INPUT: Final = {
    "name": "Bright Smile Dental",
    "contact_name": "Ada Jones",
    "postal_address": POSTAL_ADDRESS,
    "phone": "+1 415 555 0100",
    "fax": "+1 415 555 0101",
    "email": "ada@brightsmile.example.com",
}
SUBSCRIBER: Final = SUBSCRIBER_INPUT | {
    "subscriber_id": SUBSCRIBER_ID,
    "agreement_version": "2026-01",
    "agreement_accepted_at": "2026-01-05T12:00:00Z",
    "active": True,
    "created_at": "2026-01-05T11:58:00Z",
}
AGREEMENT_INPUT: Final = {"version": "2026-01", "accepted_by": "Ada Jones"}
LOCATION_INPUT: Final = {
    "name": "Bright Smile Dental, Market Street",
    "vertical": "dental",
    "zone": "America/Los_Angeles",
    "language": "en",
    "phone": "+1 415 555 0100",
    "website": "https://brightsmile.example.com",
    "postal_address": POSTAL_ADDRESS,
    "sender": {
        "header_from": "hello@brightsmile.example.com",
        "reply_to": "frontdesk@brightsmile.example.com",
    },
    "hours": [
        {"weekday": "mon", "opens": "08:00:00", "closes": "12:00:00"},
        {"weekday": "mon", "opens": "13:00:00", "closes": "17:00:00"},
        {"weekday": "tue", "opens": "08:00:00", "closes": "17:00:00"},
    ],
    "closures": ["2026-12-25"],
    "procedure_names": ["Root canal", "D1110 Prophylaxis"],
    "link_hosts": ["booking.example.com"],
    "open_on_public_holidays": False,
    "in_aggregates": False,
    "test_recipients": ["ada@brightsmile.example.com"],
    "capacity": {"chairs_or_bays": 3, "visit_minutes": 60, "invitations_per_visit": 3},
}
LOCATION: Final = LOCATION_INPUT | {
    "location_id": LOCATION_ID,
    "subscriber_id": SUBSCRIBER_ID,
    "state": "live",
    "live_at": "2026-01-06T09:00:00Z",
    "version": 3,
}
CLIENT_INPUT: Final = {"name": "Practice bridge", "scopes": ["ingest", "records"], "location_ids": []}
CLIENT: Final = CLIENT_INPUT | {
    "client_id": CLIENT_ID,
    "subscriber_id": SUBSCRIBER_ID,
    "created_at": "2026-01-06T09:10:00Z",
    "revoked_at": None,
}
OPERATOR_INPUT: Final = {"name": "Second approver"}
OPERATOR: Final = OPERATOR_INPUT | {
    "client_id": "0192f0c1-7a00-7000-8000-00000000000a",
    "created_by": "client:0192f0c1-7a00-7000-8000-000000000009",
    "created_at": "2026-03-02T17:00:00Z",
    "revoked_at": None,
}
NEW_OPERATOR: Final = OPERATOR | {"client_secret": "dueback_(43 letters, shown only now)"}
NEW_CLIENT: Final = CLIENT | {"client_secret": "dueback_(43 letters, shown only now)"}
TOKEN: Final = {
    "access_token": "eyJhbGciOiJFZERTQSIsImtpZCI6IjE3In0.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
    "token_type": "Bearer",
    "expires_in": 900,
    "scope": "ingest records",
}
KEYS: Final = {
    "keys": [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "6f1c2d0a7b3e4c5d8e9f0a1b2c3d4e5f",
            "use": "sig",
            "alg": "EdDSA",
        }
    ]
}
HOLD: Final = {"on_hold": True}


def page_of(item: dict[str, Any]) -> dict[str, Any]:
    """Return a last page with one item."""
    return {"items": [item], "next": None}


def answers(example: object, *, status: int = 200, description: str = "done") -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route whose good answer looks like `example`."""
    return {status: {"description": description, "content": {"application/json": {"example": example}}}}


def worked(example: object) -> dict[str, Any]:
    """Return the `openapi_examples` of a request body."""
    return {"worked": {"value": example}}
