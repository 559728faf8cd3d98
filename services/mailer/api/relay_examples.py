"""Worked examples of relay reports. SNS signs in the body: the signature shown is none, a real one needs Amazon's key."""

import json
from typing import Any, Final

_MESSAGE: Final = "<0192f0c1-7a00-7000-8000-000000000004@bounces.example.com>"
TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:mail-reports"

STANDARD: Final[dict[str, Any]] = {
    "type": "message.bounced",
    "timestamp": "2026-03-02T17:00:01Z",
    "data": {
        "message_id": _MESSAGE,
        "envelope_sender": None,
        "code": 550,
        "enhanced": "5.1.1",
        "text": "user unknown",
        "feedback": None,
    },
}
GENERIC: Final[dict[str, Any]] = {
    "events": [
        {"event": "delivered", "message_id": _MESSAGE, "at": "2026-03-02T17:00:01Z"},
        {"event": "complained", "message_id": _MESSAGE, "feedback": "abuse", "at": "2026-03-02T18:12:00Z"},
    ]
}
SES: Final[dict[str, Any]] = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "TopicArn": TOPIC,
    "Subject": "Amazon SES Email Event Notification",
    "Message": json.dumps({"eventType": "Delivery", "mail": {"source": "b@bounces.example.com"}, "delivery": {}}),
    "Timestamp": "2026-03-02T17:00:01.000Z",
    "SignatureVersion": "2",
    "Signature": "bm8gc2lnbmF0dXJl",
    "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-7ff5318490ec183fbaddaa2a969abfda.pem",
}
RECEIPT: Final[dict[str, Any]] = {"applied": 1, "repeated": 0, "unknown": 0, "ignored": 0}
