"""The opt-out service opened with short leases, and the words its tests speak."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.optout.domain.entries import NewEntry
from shared.kit.clock import ManualClock
from shared.schemas.optout import PermissionAnswer, SuppressionAnswer
from shared.schemas.token import MessageClass, OptoutToken
from tests.fixtures.database import ServiceDatabase
from tests.fixtures.services import ADDRESS_KEYS, TOKEN_KEYS, Neighbours, OpenService, service_headers

LEASE_SECONDS = 0.4


@dataclass
class Clinic:
    """One business with one consumer, and the calls others make about them."""

    service: OpenService
    neighbours: Neighbours
    clock: ManualClock
    subscriber_id: UUID = field(default_factory=uuid4)
    location_id: UUID = field(default_factory=uuid4)
    person_id: UUID = field(default_factory=uuid4)
    address_key: str = field(default_factory=lambda: ADDRESS_KEYS.key_of(f"{uuid4()}@example.com"))
    holder: UUID = field(default_factory=uuid4)
    epoch: UUID | None = None

    def another(self) -> "Clinic":
        """Return another business with another consumer at the same service."""
        return Clinic(self.service, self.neighbours, self.clock)

    def token(self, message_class: MessageClass = "commercial", **values: Any) -> str:
        """Return the token of a message to the consumer."""
        given = {
            "subscriber_id": self.subscriber_id,
            "location_id": self.location_id,
            "message_id": UUID(int=7),
            "message_class": message_class,
            "address_key": self.address_key,
            "hint": "j***@e***.com",
        }
        return TOKEN_KEYS.seal(OptoutToken(**(given | values)))

    def entry(self, kind: Any = "optout", **values: Any) -> NewEntry:
        """Return a business-wide opt-out (or another kind) for the consumer's address."""
        given: dict[str, Any] = {
            "subscriber_id": self.subscriber_id,
            "entry_id": uuid4(),
            "kind": kind,
            "channel": "test",
            "evidence": "test:1",
            "occurred_at": self.clock.now(),
            "address_key": self.address_key,
        }
        match kind:
            case "consent":
                given |= {"basis": "express"}
            case "bounce":
                given |= {"bounce_class": "hard"}
            case "lift":
                given |= {"scope": "business", "suppression_class": "all", "channel": "signup"}
            case "optout" | "erasure":
                given |= {"scope": "business", "suppression_class": "all"}
        return NewEntry(**(given | values))

    def client_headers(self, **values: Any) -> dict[str, str]:
        """Return the credential of the business's own client, which may see and report opt-outs."""
        given: dict[str, Any] = {"subscriber_id": self.subscriber_id, "scopes": "optouts"}
        return self.neighbours.client_headers(**(given | values))

    async def call(self, path: str, body: Any, caller: str = "mailer", **headers: str) -> Any:
        """Post JSON as a service and return the decoded answer, which must be 200."""
        answer = await self.service.http.post(path, json=body, headers=service_headers(caller, "optout") | headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def consent(self, **values: Any) -> dict[str, Any]:
        """Put a consent on file as ingest does."""
        consent = {
            "consent_id": str(uuid4()),
            "location_id": str(self.location_id),
            "person_id": str(self.person_id),
            "address_key": self.address_key,
            "basis": "existing_relationship",
            "source": "practice_system",
            "evidence": "visit:1",
            "occurred_at": (self.clock.now() - timedelta(days=1)).isoformat(),
        }
        body = {"subscriber_id": str(self.subscriber_id), "consents": [consent | values]}
        answer: dict[str, Any] = await self.call("/v1/consents", body, "ingest")
        return answer

    async def may_send(self, message_class: MessageClass = "commercial", **values: Any) -> PermissionAnswer:
        """Ask for permission as the mailer does."""
        query = {
            "query_id": str(uuid4()),
            "subscriber_id": str(self.subscriber_id),
            "location_id": str(self.location_id),
            "address_key": self.address_key,
            "person_ids": [str(self.person_id)],
            "message_class": message_class,
        }
        answer = await self.call("/v1/permissions/check", {"queries": [query | values]})
        return PermissionAnswer.model_validate(answer["answers"][0])

    async def poll(self, after: int = 0, safe: int = 0, wait: float = 0, **values: Any) -> SuppressionAnswer:
        """Poll as the mailer's follower does, with the epoch it was told last."""
        body = {
            "holder": str(self.holder),
            "epoch": str(self.epoch) if self.epoch else None,
            "after": after,
            "safe": safe,
            "wait_seconds": wait,
        }
        answer = SuppressionAnswer.model_validate(await self.call("/v1/suppressions/poll", body | values))
        self.epoch = answer.epoch
        return answer

    async def is_up_to_date(self) -> bool:
        """Tell whether the service has brought its database up to date with its journal."""
        return self.service.deps.door.recovery.standing is not None

    async def click(self, token: str | None = None, **request: Any) -> Any:
        """Post one click and return the response."""
        return await self.service.http.post(f"/u/{token or self.token()}", **request)


def undo_link(answer: Any) -> str:
    """Return where a page's undo is posted."""
    found = re.search(r'action="(/undo/[A-Za-z0-9_-]{66})"', answer.text)
    assert found is not None
    return found[1]


def without_undo(answer: Any) -> str:
    """Return a page with its undo link blanked: of the same length for everybody, and the only thing in which answers differ."""
    return re.sub(r"/undo/[A-Za-z0-9_-]{66}", "/undo/", answer.text)


@asynccontextmanager
async def database_down(database: ServiceDatabase) -> AsyncIterator[None]:
    """Take a service's database away for a while."""
    name = database.name
    connection = await asyncpg.connect(database.superuser.replace(f"/{name}", "/postgres"))
    try:
        await connection.execute(f"alter database {name} allow_connections false")
        await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        yield
        await connection.execute(f"alter database {name} allow_connections true")
    finally:
        await connection.close()


async def _open(neighbours: Neighbours, clock: ManualClock, lease_seconds: float, *, is_fresh: bool = False) -> Clinic:
    service = await neighbours.open("optout", OPTOUT_LEASE_SECONDS=str(lease_seconds))
    if not is_fresh:
        service.deps.door.watch._quiet_until = 0.0  # as if it had been up for a lease already
    return Clinic(service, neighbours, clock)


@pytest.fixture
async def clinic(neighbours: Neighbours, clock: ManualClock) -> Clinic:
    """Return a business at an opt-out service with leases that are soon over."""
    return await _open(neighbours, clock, LEASE_SECONDS)


@pytest.fixture
async def long_lease_clinic(neighbours: Neighbours, clock: ManualClock) -> Clinic:
    """Return a business at an opt-out service with leases that outlast the test."""
    return await _open(neighbours, clock, 5.0)


@pytest.fixture
async def fresh_clinic(neighbours: Neighbours, clock: ManualClock) -> Clinic:
    """Return a business at an opt-out service that has just started."""
    return await _open(neighbours, clock, LEASE_SECONDS, is_fresh=True)
