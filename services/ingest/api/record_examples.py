"""Worked examples of the record API."""

from typing import Any, Final

from services.ingest.api.examples import CONNECTION_ID, CONSUMER_ID, LOCATION_ID

OTHER_ID: Final = "7d0f3c1e-5b8a-8c11-9a52-6f0e1d2c3b4b"
SEARCH: Final = {"name": "ann le", "location_id": LOCATION_ID, "limit": 20}
EDIT: Final = {"preferred_name": "Annie", "email": "annie.lee@example.com"}
INPUT: Final = {"location_id": LOCATION_ID, "first_name": "Cy", "last_name": "Young", "email": "cy.young@example.com"}
MERGE: Final = {"into_id": OTHER_ID}
CARD: Final[dict[str, Any]] = {
    "consumer_id": CONSUMER_ID,
    "location_id": LOCATION_ID,
    "foreign_id": "P-1001",
    "first_name": "Ann",
    "last_name": "Lee",
    "preferred_name": "Annie",
    "address": "annie.lee@example.com",
    "address_problem": None,
    "suggestion": None,
    "phone": "",
    "birth_on": "1984-05-02",
    "language": "en",
    "status": "active",
    "household_id": None,
    "guardian_id": None,
    "minor_until": None,
    "merged_into": None,
    "historic": False,
    "source_updated_at": "2026-03-01T18:22:05Z",
    "version": 2,
}
DETAIL: Final = CARD | {
    "edits": [{"field": "preferred_name", "edited_at": "2026-03-02T08:00:00Z", "edited_by": "front desk"}]
}
HOUSEHOLD: Final = {
    "members": [CARD],
    "relations": [{"consumer_id": CONSUMER_ID, "related_id": OTHER_ID, "relation": "guarantor"}],
}
HISTORY: Final = {
    "changed_at": "2026-03-02T08:00:00Z",
    "source": "front_desk",
    "changed_by": "front desk",
    "fields": ["preferred_name", "email"],
}
ORIGIN: Final = {
    "consumer_id": CONSUMER_ID,
    "location_id": LOCATION_ID,
    "source": "Practice system, front office",
    "connector": "fhir",
    "first_seen_at": "2026-03-02T07:00:00Z",
    "source_updated_at": "2026-03-01T18:22:05Z",
    "permissions": [{"evidence": f"visit:{CONNECTION_ID}", "occurred_at": "2026-03-01T16:45:00Z"}],
    "refused_at": None,
}
