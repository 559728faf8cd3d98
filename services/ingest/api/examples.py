"""Worked examples for the OpenAPI description: one practice's nightly batch, followed through every request and answer."""

from typing import Any, Final

SUBSCRIBER_ID: Final = "0192f0c1-7a00-7000-8000-000000000001"
LOCATION_ID: Final = "0192f0c1-7a00-7000-8000-000000000002"
CONNECTION_ID: Final = "0192f0c1-7a00-7000-8000-000000000004"
BATCH_ID: Final = "0192f0c1-7a00-7000-8000-000000000005"
CONSUMER_ID: Final = "7d0f3c1e-5b8a-8c11-9a52-6f0e1d2c3b4a"
VEHICLE_ID: Final = "2c91a4d0-77be-8f02-b6a1-90d1e2f3a4b5"
ADDRESS_KEY: Final = "1.3q2-7wAAAAAAAAAAAAAAAA"

CONNECTION_INPUT: Final = {
    "location_id": LOCATION_ID,
    "connector": "fhir",
    "name": "Practice system, front office",
    "interval_minutes": 60,
    "go_live_at": "2026-01-06T09:00:00Z",
}
CONNECTION: Final = CONNECTION_INPUT | {
    "connection_id": CONNECTION_ID,
    "created_at": "2026-01-06T09:00:00Z",
    "last_success_at": "2026-03-02T07:00:00Z",
    "ended_at": None,
    "version": 1,
}
NDJSON: Final = (
    '{"type":"consumer","foreign_id":"P-1001","source_updated_at":"2026-03-01T18:22:05Z","first_name":"Ann","last_name":"Lee",'
    '"email":"ann.lee@example.com","birth_on":"1984-05-02"}\n'
    '{"type":"appointment","foreign_id":"A-77","source_updated_at":"2026-03-01T18:25:40Z","consumer":"P-1001",'
    '"starts_at":"2026-03-03T09:30:00-08:00","minutes":45,"status":"booked"}\n'
    '{"type":"visit","foreign_id":"V-31","source_updated_at":"2026-03-01T17:02:11Z","consumer":"P-1001",'
    '"completed_at":"2026-03-01T08:45:00-08:00","total_cents":12900,"currency":"USD"}\n'
)
CSV: Final = (
    "foreign_id,source_updated_at,first_name,last_name,email,email_ok\n"
    "P-1001,2026-03-01T18:22:05Z,Ann,Lee,ann.lee@example.com,\n"
    "P-1002,2026-03-01T18:22:09Z,Bo,Lee,bo.lee@example.com,no\n"
)
REPORT: Final = {
    "batch_id": BATCH_ID,
    "connection_id": CONNECTION_ID,
    "state": "applied",
    "received": 7,
    "applied": 4,
    "unchanged": 1,
    "superseded": 0,
    "parked": 1,
    "rejected": 1,
    "dropped_fields": {"ssn": 4},
    "flagged_addresses": {"placeholder": 1},
    "optouts": 1,
    "rejections": [{"line": 6, "field": "starts_at", "code": "timezone_aware"}],
    "started_at": "2026-03-02T07:00:00Z",
    "finished_at": "2026-03-02T07:00:01Z",
}
RESULTS: Final = "line,outcome,field,code\r\n1,applied,,\r\n6,rejected,starts_at,timezone_aware\r\n"
CHANGES: Final = {
    "epoch": "3f0c8f3e-52a6-4a3c-8d5e-1f2a3b4c5d6e",
    "changes": [
        {
            "position": "812.4",
            "subscriber_id": SUBSCRIBER_ID,
            "kind": "consumer",
            "key": CONSUMER_ID,
            "body": {
                "consumer_id": CONSUMER_ID,
                "location_id": LOCATION_ID,
                "status": "active",
                "address_key": ADDRESS_KEY,
                "address_problem": None,
                "recipient_id": CONSUMER_ID,
                "household_id": None,
                "language": "en",
                "minor_until": None,
                "historic": False,
                "deleted": False,
            },
        }
    ],
    "cursor": "812.4",
}
RECIPIENT_QUERY: Final = {"subscriber_id": SUBSCRIBER_ID, "consumer_ids": [CONSUMER_ID], "vehicle_ids": [VEHICLE_ID]}
RECIPIENTS: Final = {
    "recipients": [
        {
            "consumer_id": CONSUMER_ID,
            "recipient_id": CONSUMER_ID,
            "address": "ann.lee@example.com",
            "address_key": ADDRESS_KEY,
            "first_name": "Ann",
            "last_name": "Lee",
            "language": "en",
        }
    ],
    "vehicles": [{"vehicle_id": VEHICLE_ID, "consumer_id": CONSUMER_ID, "name": "2003 Honda Accord"}],
}


def worked(value: Any) -> dict[str, Any]:
    """Return a request's example as FastAPI takes it."""
    return {"worked": {"summary": "A worked example", "value": value}}


def answers(value: Any, *, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return an answer's example as FastAPI takes it."""
    return {status: {"content": {"application/json": {"example": value}}}}
