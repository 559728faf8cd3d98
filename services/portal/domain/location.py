"""A location as portal keeps it: one place of a subscriber with everything a mail and its timing need to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.portal.domain.subscriber import checked_address


@dataclass(frozen=True, slots=True)
class Location:
    """One place of a subscriber. Nested parts are plain JSON, as they cross the wire and rest in the database."""

    subscriber_id: UUID
    location_id: UUID
    name: str
    vertical: str
    state: str
    zone: str
    language: str
    phone: str
    website: str
    postal_address: Mapping[str, Any]
    sender: Mapping[str, Any]
    hours: Sequence[Mapping[str, Any]]
    closures: Sequence[str]
    procedure_names: Sequence[str]
    link_hosts: Sequence[str]
    open_on_public_holidays: bool
    in_aggregates: bool
    test_recipients: Sequence[str]
    capacity: Mapping[str, Any]
    live_at: datetime | None
    version: int
    created_at: datetime
    changed_at: datetime


def checked_mailboxes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a location's fields with every mailbox among them in its delivery form; raise AddressUnusableError naming the field."""
    checked = dict(fields)
    if "sender" in fields:
        checked["sender"] = {name: checked_address(text, f"sender.{name}") for name, text in fields["sender"].items()}
    if "test_recipients" in fields:
        given = enumerate(fields["test_recipients"])
        checked["test_recipients"] = [checked_address(text, f"test_recipients.{number}") for number, text in given]
    return checked
