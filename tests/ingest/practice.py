"""A practice with one connection, and a stand-in for optout that keeps what it is told: what most tests of ingest need."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI, Request, Response

from shared.kit.clock import Clock
from shared.kit.http import Response as Answer
from shared.schemas.ingest import BatchReport, Recipients
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.optout import ConsentInput, ConsentsInput, OptoutInput, OptoutsInput
from shared.schemas.wire import Changes
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import Neighbours, OpenService, service_headers

NDJSON = "application/x-ndjson"


@dataclass
class OptoutEar:
    """Stands where optout stands: reads its wire models, keeps them, and can be told to say nothing."""

    silent: bool = False
    calls: int = 0
    optouts: dict[UUID, OptoutInput] = field(default_factory=dict)
    consents: dict[UUID, ConsentInput] = field(default_factory=dict)

    def app(self) -> FastAPI:
        """Return it as an application."""
        app = FastAPI()

        @app.post("/v1/optouts")
        async def take_optouts(request: Request) -> Response:
            self.calls += 1
            if self.silent:
                return Response(status_code=503)
            body = OptoutsInput.model_validate_json(await request.body())
            self.optouts.update({row.optout_id: row for row in body.optouts})
            return _recorded(len(body.optouts))

        @app.post("/v1/consents")
        async def take_consents(request: Request) -> Response:
            if self.silent:
                return Response(status_code=503)
            body = ConsentsInput.model_validate_json(await request.body())
            self.consents.update({row.consent_id: row for row in body.consents})
            return _recorded(len(body.consents))

        return app


def _recorded(count: int) -> Response:
    return Response(json.dumps({"recorded": count, "repeated": 0}), media_type="application/json")


@dataclass
class Practice:
    """One subscriber's view of ingest."""

    neighbours: Neighbours
    ingest: OpenService
    optout: OptoutEar
    subscriber: SubscriberFacts
    location: LocationFacts
    connection_id: UUID
    headers: dict[str, str]

    @property
    def clock(self) -> Clock:
        """The clock of the test."""
        return self.neighbours.clock

    async def post(
        self, body: bytes, *, batch_id: UUID | str | None = None, headers: dict[str, str] | None = None, **params: Any
    ) -> Answer:
        """Post a body as a batch."""
        query = {"connection_id": str(self.connection_id), "batch_id": str(batch_id or uuid4()), **params}
        sent = self.headers | {"content-type": NDJSON} | (headers or {})
        return await self.ingest.http.post("/v1/batches", params=query, content=body, headers=sent)

    async def upload(self, *records: dict[str, Any], batch_id: UUID | None = None) -> BatchReport:
        """Upload records and return the report."""
        answer = await self.post(lines(*records), batch_id=batch_id)
        assert answer.status_code == 200, answer.text
        return BatchReport.model_validate_json(answer.content)

    async def edit_connection(self, method: str, what: str = "", *, version: int | None = None, **body: Any) -> Answer:
        """Edit the connection on the version as it is, unless said otherwise."""
        path = f"/v1/connections/{self.connection_id}"
        if version is None:
            version = (await self.ingest.http.get(path, headers=self.headers)).json()["version"]
        sent = self.headers | {"if-match": f'"{version}"'}
        return await self.ingest.http.request(method, path + what, json=body, headers=sent)

    async def changes(self, after: str = "0.0", **params: Any) -> Changes:
        """Read the feed as the scheduler does."""
        answer = await self.ingest.http.get(
            "/v1/changes",
            params={"after": after, "limit": 2000, **params},
            headers=service_headers("scheduler", "ingest"),
        )
        assert answer.status_code == 200, answer.text
        return Changes.model_validate_json(answer.content)

    async def facts(self, kind: str, after: str = "0.0") -> list[dict[str, Any]]:
        """Return the facts of one kind that the feed shows."""
        return [row.body or {} for row in (await self.changes(after)).changes if row.kind == kind]

    async def recipients(self, *consumer_ids: str) -> Recipients:
        """Look recipients up as the scheduler does."""
        body = {"subscriber_id": str(self.subscriber.subscriber_id), "consumer_ids": list(consumer_ids)}
        answer = await self.ingest.http.post(
            "/v1/recipients", json=body, headers=service_headers("scheduler", "ingest")
        )
        assert answer.status_code == 200, answer.text
        return Recipients.model_validate_json(answer.content)

    async def rows(self, query: str, *values: Any) -> list[Any]:
        """Ask the database as its superuser."""
        connection = await asyncpg.connect(self.ingest.database.superuser)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()


def lines(*records: dict[str, Any]) -> bytes:
    """Return records as NDJSON."""
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def at(minutes: float = 0, start: str = "2026-03-01T12:00:00+00:00") -> str:
    """Return an instant of the source's clock."""
    return (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()


def consumer(foreign_id: str = "P1", **values: Any) -> dict[str, Any]:
    """Return a consumer record."""
    return {
        "type": "consumer",
        "foreign_id": foreign_id,
        "source_updated_at": at(),
        "first_name": "Ann",
        "last_name": "Lee",
        "email": f"{foreign_id.lower()}@example.com",
        **values,
    }


def visit(foreign_id: str = "V1", person: str | None = "P1", **values: Any) -> dict[str, Any]:
    """Return a visit record."""
    return {
        "type": "visit",
        "foreign_id": foreign_id,
        "source_updated_at": at(),
        "consumer": person,
        "completed_at": "2026-03-01T10:00:00-08:00",
        "total_cents": 12900,
        "currency": "USD",
        **values,
    }


def appointment(foreign_id: str = "A1", person: str | None = "P1", **values: Any) -> dict[str, Any]:
    """Return an appointment record."""
    return {
        "type": "appointment",
        "foreign_id": foreign_id,
        "source_updated_at": at(),
        "consumer": person,
        "starts_at": "2026-03-03T09:30:00-08:00",
        "minutes": 45,
        "status": "booked",
        **values,
    }


async def open_practice(neighbours: Neighbours, *, agreed: bool = True, **connection: Any) -> Practice:
    """Open ingest with a practice that has one location and one connection."""
    ingest = await neighbours.open("ingest")
    ear = OptoutEar()
    if "optout" not in neighbours.opened:
        stand_in = OpenService("optout", None, None, ear.app(), ingest.database, ingest.http)
        neighbours.opened["optout"] = stand_in
    subscriber = build_subscriber() if agreed else build_subscriber(agreement_version=None, agreement_accepted_at=None)
    location = build_location(subscriber.subscriber_id)
    for kind, found, fact in (
        ("subscriber", subscriber.subscriber_id, subscriber),
        ("location", location.location_id, location),
    ):
        await neighbours.push("ingest", kind, str(found), fact, subscriber_id=subscriber.subscriber_id)
    headers = neighbours.client_headers(subscriber_id=subscriber.subscriber_id, scopes="ingest")
    wanted = {"location_id": str(location.location_id), "connector": "fhir", "name": "Front office", **connection}
    made = await ingest.http.post("/v1/connections", json=wanted, headers=headers)
    assert made.status_code == 201, made.text
    connection_id = UUID(cast("str", made.json()["connection_id"]))
    return Practice(neighbours, ingest, ear, subscriber, location, connection_id, headers)
