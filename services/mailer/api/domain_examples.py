"""Worked examples of sender domains for the OpenAPI description."""

from typing import Any

DOMAIN = "brightsmile.example.com"
_SELECTOR = "db1f2e3d4c5br"

INPUT: dict[str, Any] = {"domain": DOMAIN}
PAGE: dict[str, Any] = {
    "domain": DOMAIN,
    "state": "pending",
    "created_at": "2026-03-02T15:00:00Z",
    "checked_at": None,
    "keys": [
        {"selector": _SELECTOR, "algorithm": "rsa", "state": "pending", "activated_at": None, "retire_at": None},
    ],
    "records": [
        {
            "purpose": "dkim",
            "type": "TXT",
            "name": f"{_SELECTOR}._domainkey.{DOMAIN}",
            "value": "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
            "published_by": "subscriber",
            "is_required": True,
            "state": "unchecked",
            "detail": None,
        },
    ],
}
COMPLAINTS: dict[str, Any] = {
    "domain": DOMAIN,
    "state": "alarm",
    "paused_at": None,
    "release_not_before": None,
    "days": [{"day": "2026-03-02", "sent": 2400, "complaints": 2, "rate": 0.00083}],
}
