"""Worked examples of pushes."""

from typing import Any, Final

from services.ingest.api.examples import CONNECTION_ID, SUBSCRIBER_ID

SECRET: Final = {
    "connection_id": CONNECTION_ID,
    "path": f"/v1/webhooks/{SUBSCRIBER_ID}/{CONNECTION_ID}",
    "secret": "whsec_c2hvd24gb25jZSBhbmQga2VwdCBieSB0aGUgc291cmNl",
}
EVENT: Final[dict[str, Any]] = {
    "type": "records",
    "timestamp": "2026-03-02T14:59:58Z",
    "data": {
        "records": [
            {
                "type": "consumer",
                "foreign_id": "P-1001",
                "first_name": "Ann",
                "last_name": "Lee",
                "email": "ann.lee@example.com",
            },
            {"type": "appointment", "foreign_id": "A-77", "consumer": "P-1001", "status": "cancelled"},
        ]
    },
}
