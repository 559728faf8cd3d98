"""A mailer with a relay, the real optout beside it, a live location and permission on file: what delivery tests start from."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.mailer.store.claiming import ClaimedMessage, claim_messages
from services.mailer.store.marking import mark_messages
from shared.kit.http import AsyncClient
from shared.kit.ids import new_id
from shared.schemas.address import canonical_address
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.token import MessageClass, OptoutToken
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import ADDRESS_KEYS, TOKEN_KEYS, Neighbours, OpenService, service_headers
from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.contents import COMMERCIAL, CONTENT, add_content
from tests.mailer.delivery.engine import Engine


@dataclass
class World(Engine):
    """What a delivery test works with."""

    sink: SmtpSink
    subscriber: SubscriberFacts
    location: LocationFacts
    content_id: UUID
    commercial_id: UUID
    worker_id: UUID = field(default_factory=uuid4)

    @property
    def optout(self) -> OpenService:
        """The real optout, where the test asked for it."""
        return self.neighbours.opened["optout"]

    @property
    def optout_http(self) -> AsyncClient:
        """The way to optout's public door."""
        return self.optout.http

    async def consent(self, address: str, person_id: UUID) -> None:
        """Put permission on file."""
        await self.consent_all([(address, person_id)])

    async def consent_all(self, people: Sequence[tuple[str, UUID]]) -> None:
        """Put permission on file for many."""
        consents = [
            {
                "consent_id": str(uuid4()),
                "location_id": str(self.location.location_id),
                "person_id": str(person_id),
                "address_key": key_of(address),
                "basis": "existing_relationship",
                "source": "test",
                "evidence": "visit:1",
                "occurred_at": self.now.isoformat(),
            }
            for address, person_id in people
        ]
        body = {"subscriber_id": str(self.subscriber.subscriber_id), "consents": consents}
        answer = await self.optout.http.post("/v1/consents", json=body, headers=service_headers("ingest", "optout"))
        assert answer.status_code < 300, answer.text

    def message(self, address: str, person_id: UUID, **values: Any) -> dict[str, Any]:
        """Return a message as the scheduler would submit it."""
        return {
            "message_id": str(new_id()),
            "subscriber_id": str(self.subscriber.subscriber_id),
            "location_id": str(self.location.location_id),
            "campaign_id": None,
            "content_id": str(self.content_id),
            "touches": [{"touch_id": str(uuid4()), "person_id": str(person_id)}],
            "address": address,
            "address_key": key_of(address),
            "fields": {"person": {"greeting": "Ann"}},
            "due_at": self.now.isoformat(),
            "useful_until": (self.now + timedelta(hours=8)).isoformat(),
            "recheck_after": (self.now + timedelta(hours=4)).isoformat(),
        } | values

    async def submit(self, *messages: dict[str, Any]) -> list[dict[str, Any]]:
        """Submit messages; return their receipts."""
        answer = await self.mailer.http.post(
            "/v1/messages", json={"messages": messages}, headers=service_headers("scheduler", "mailer")
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json()["receipts"])

    async def send(self, *addresses: str, permitted: bool = True, **values: Any) -> list[UUID]:
        """Submit one message to each address, with permission on file, and return the message ids."""
        people = [(address, uuid4()) for address in addresses]
        if permitted:
            await self.consent_all(people)
        messages = [self.message(address, person, **values) for address, person in people]
        assert {receipt["result"] for receipt in await self.submit(*messages)} == {"accepted"}
        return [UUID(message["message_id"]) for message in messages]

    async def state(self, message_id: UUID) -> tuple[str, str | None]:
        """Return state and reason of one message."""
        row = await self.database.fetchrow("select state, reason from messages where message_id = $1", message_id)
        return row["state"], row["reason"]

    async def queue(self, *addresses: str, **values: Any) -> list[UUID]:
        """Submit one message to each address without asking optout: for tests of what comes before or after permission."""
        return await self.send(*addresses, permitted=False, **values)

    async def grant_lease(self, seconds: float = 60.0) -> None:
        """Let the mailer believe that it has been granted a send lease."""
        await self.database.execute(
            "insert into follower_state as f (singleton, holder, server_started_at, lease_until) "
            "values (true, gen_random_uuid(), pg_postmaster_start_time(), clock_timestamp() + make_interval(secs => $1)) "
            "on conflict (singleton) do update set lease_until = excluded.lease_until, server_started_at = excluded.server_started_at",
            seconds,
        )

    async def claim(self, limit: int = 500, *, worker_id: UUID | None = None) -> list[ClaimedMessage]:
        """Claim what is due, as a worker does."""
        async with self.mailer.deps.worker_db.raw() as connection:
            return await claim_messages(
                connection, worker_id=worker_id or self.worker_id, claim_id=new_id(), limit=limit, now=self.now
            )

    async def mark(self, messages: Sequence[ClaimedMessage]) -> set[UUID]:
        """Set markers, as a worker does."""
        async with self.mailer.deps.worker_db.raw() as connection:
            return await mark_messages(connection, messages, now=self.now)

    async def hand_over(self, *addresses: str, **values: Any) -> list[ClaimedMessage]:
        """Return messages to these addresses whose markers are set and whose dots are about to be written."""
        await self.queue(*addresses, **values)
        await self.grant_lease()
        claimed = await self.claim()
        assert len(await self.mark(claimed)) == len(addresses)
        return claimed

    async def opt_out(self, address: str, *, suppression_class: str = "all", topic: str | None = None) -> None:
        """Report an opt-out as a source would."""
        row = {
            "optout_id": str(uuid4()),
            "address_key": key_of(address),
            "suppression_class": suppression_class,
            "topic": topic,
            "channel": "source_flag",
            "evidence": "test:1",
            "occurred_at": self.now.isoformat(),
        }
        body = {"subscriber_id": str(self.subscriber.subscriber_id), "optouts": [row]}
        answer = await self.optout.http.post("/v1/optouts", json=body, headers=service_headers("ingest", "optout"))
        assert answer.status_code < 300, answer.text

    async def click(self, address: str, message_class: MessageClass = "transactional") -> Any:
        """Post the one click of a message to an address; return optout's answer."""
        token = OptoutToken(
            self.subscriber.subscriber_id,
            self.location.location_id,
            uuid4(),
            message_class,
            key_of(address),
            canonical_address(address).masked,
        )
        return await self.optout_http.post(f"/u/{TOKEN_KEYS.seal(token)}", data={"List-Unsubscribe": "One-Click"})


def key_of(address: str) -> str:
    """Return the address key of an address."""
    return ADDRESS_KEYS.key_of(canonical_address(address).folded)


@asynccontextmanager
async def open_world(
    neighbours: Neighbours, sink: SmtpSink, *, with_optout: bool = True, **environment: str
) -> AsyncIterator[World]:
    """Open the mailer around a relay, with a live location, a transactional and a commercial content; and optout beside it."""
    if with_optout:
        await neighbours.open("optout")
    mailer = await neighbours.open("mailer", MAILER_SMTP_URL=f"smtp://127.0.0.1:{sink.port}", **environment)
    subscriber = build_subscriber()
    location = build_location(subscriber.subscriber_id)
    for service in neighbours.opened:
        await neighbours.push(service, "subscriber", str(subscriber.subscriber_id), subscriber)
        await neighbours.push(service, "location", str(location.location_id), location)
    database = await asyncpg.connect(mailer.database.superuser)
    try:
        content_id = await add_content(database, CONTENT)
        commercial_id = await add_content(database, COMMERCIAL)
        yield World(neighbours, mailer, database, sink, subscriber, location, content_id, commercial_id)
    finally:
        await database.close()
