"""A subscriber as portal keeps it: the paying business, its contact person and the agreement it accepted (S-052, S-070)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.kit.errors import Problem
from shared.schemas.address import AddressRefusedError, canonical_address


class AddressUnusableError(Problem):
    """A field holds no mailbox that we would write to; `errors` names the field and the reason, never the text."""

    status, code, title = 422, "address_invalid", "A field holds no usable e-mail address; `errors` names it."


@dataclass(frozen=True, slots=True)
class Contact:
    """The person behind a subscriber; personal data, encrypted at rest."""

    contact_name: str
    phone: str
    fax: str
    email: str


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A paying business. `version` counts edits, `changed_at` orders what is pushed downhill."""

    subscriber_id: UUID
    name: str
    contact: Contact
    postal_address: Mapping[str, Any]
    active: bool
    version: int
    created_at: datetime
    changed_at: datetime
    agreement_version: str | None = None
    agreement_accepted_at: datetime | None = None


def checked_address(raw: str, field: str) -> str:
    """Return the canonical delivery form of an address, or raise AddressUnusableError naming the field."""
    try:
        return canonical_address(raw).address
    except AddressRefusedError as refused:
        raise AddressUnusableError(errors=[{"field": field, "code": refused.code}]) from None
