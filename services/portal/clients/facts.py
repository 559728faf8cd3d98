"""Portal's records as the facts that services downhill keep in their directories."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.portal.domain.changes import pushed_version
from services.portal.domain.client import Client
from services.portal.domain.location import Location
from services.portal.domain.operator import Operator
from services.portal.domain.signing import SigningKey
from services.portal.domain.subscriber import Subscriber
from shared.schemas.access import RevokedClient, VerificationKey
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.wire import DirectoryEntry

DOWNHILL = ("optout", "ingest", "mailer", "scheduler")
"""Who keeps facts. Each takes all kinds: what it does not need it refuses, and that refusal is final and harmless."""
OWN_KINDS: dict[str, type[BaseModel]] = {"verification_key": VerificationKey, "revoked_client": RevokedClient}
"""The facts portal keeps about itself, for its own Verifier."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One directory entry on its way."""

    kind: str
    entry_id: str
    entry: DirectoryEntry

    @property
    def path(self) -> str:
        """Where every service takes it."""
        return f"/v1/directory/{self.kind}/{self.entry_id}"


def _fact(kind: str, entry_id: UUID | str, version: int, subscriber_id: UUID | None, body: BaseModel) -> Fact:
    dumped: dict[str, Any] = body.model_dump(mode="json")
    return Fact(kind, str(entry_id), DirectoryEntry(version=version, subscriber_id=subscriber_id, body=dumped))


def subscriber_fact(subscriber: Subscriber) -> Fact:
    """Return kind `subscriber`; the contact person stays here."""
    body = SubscriberFacts(
        subscriber_id=subscriber.subscriber_id,
        name=subscriber.name,
        agreement_version=subscriber.agreement_version,
        agreement_accepted_at=subscriber.agreement_accepted_at,
        active=subscriber.active,
    )
    version = pushed_version(subscriber.changed_at)
    return _fact("subscriber", subscriber.subscriber_id, version, subscriber.subscriber_id, body)


def location_fact(location: Location) -> Fact:
    """Return kind `location`."""
    names = LocationFacts.model_fields
    body = LocationFacts.model_validate({name: getattr(location, name) for name in names})
    return _fact("location", location.location_id, pushed_version(location.changed_at), location.subscriber_id, body)


def key_fact(key: SigningKey) -> Fact:
    """Return kind `verification_key`."""
    public = base64.b64encode(key.public_key).decode()
    body = VerificationKey(key_id=key.key_id, public_key=public, not_after=key.not_after)
    return _fact("verification_key", key.key_id, pushed_version(key.changed_at), None, body)


def revocation_fact(client: Client) -> Fact:
    """Return kind `revoked_client` of a revoked client."""
    assert client.revoked_at is not None
    return _revocation(client.client_id, client.revoked_at, client.subscriber_id)


def operator_revocation_fact(operator: Operator) -> Fact:
    """Return kind `revoked_client` of a revoked operator, who belongs to no subscriber."""
    assert operator.revoked_at is not None
    return _revocation(operator.client_id, operator.revoked_at, None)


def _revocation(client_id: UUID, at: datetime, subscriber_id: UUID | None) -> Fact:
    body = RevokedClient(client_id=client_id, revoked_at=at)
    return _fact("revoked_client", client_id, pushed_version(at), subscriber_id, body)
