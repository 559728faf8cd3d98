"""Worked examples of routes and paces."""

from typing import Any

ROUTE_INPUT: dict[str, Any] = {
    "url": "smtp+starttls://user:password@relay.example.com:587",
    "weight": 3,
    "priority": 0,
    "max_connections": 40,
    "state": "active",
    "per_second": 50,
    "per_hour": None,
    "per_day": 100000,
}
ROUTE: dict[str, Any] = {
    "name": "main",
    "relay": "relay.example.com:587",
    "tls": "required",
    "weight": 3,
    "priority": 0,
    "max_connections": 40,
    "state": "active",
    "connections": 12,
    "workers": 2,
    "reason": None,
    "rate": None,
    "changed_at": "2026-03-02T15:00:00Z",
    "version": 1772463600000000,
    "per_second": 50,
    "per_hour": None,
    "per_day": 100000,
}
PACE_INPUT: dict[str, Any] = {"per_second": 20, "per_hour": None, "per_day": None, "ramps": False}
PACE: dict[str, Any] = {
    "kind": "recipient",
    "key": "google",
    "per_second": 20,
    "per_hour": None,
    "per_day": None,
    "ramps": False,
    "daily_cap": None,
    "rate": 12.5,
    "slowed_at": "2026-03-02T15:00:00Z",
    "sent_this_hour": 1200,
    "sent_today": 8000,
    "version": 1772463600000000,
}
