"""A practice at work: facts go in at ingest's feed, the clock moves, messages come out at the mailer's door."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg

from shared.kit.clock import ManualClock
from shared.schemas.ingest import AppointmentFacts, ConnectionFacts, ConsumerFacts, VisitFacts
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.mailer import MessageInput, MessageState, Outcome
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import ADDRESS_KEYS, Neighbours, OpenService
from tests.scheduler.neighbourhood import Ingest, Mailer, Optout


@dataclass
class Practice:
    """One subscriber with one location, both campaigns switched on unless told otherwise."""

    clock: ManualClock
    neighbours: Neighbours
    scheduler: OpenService
    ingest: Ingest
    mailer: Mailer
    optout: Optout
    subscriber: SubscriberFacts
    location: LocationFacts
    campaigns: dict[str, UUID] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The location's zone."""
        return ZoneInfo(self.location.zone)

    def at(self, text: str) -> datetime:
        """Return the instant of a local wall time at the location."""
        return datetime.fromisoformat(text).replace(tzinfo=self.zone)

    def headers(self, scopes: str = "campaigns", **claims: Any) -> dict[str, str]:
        """Return the credential of a client of this subscriber."""
        return self.neighbours.client_headers(
            subscriber_id=claims.pop("subscriber_id", self.subscriber.subscriber_id), scopes=scopes, **claims
        )

    async def push_location(self, **changes: Any) -> None:
        """Push the location as portal does, with changes."""
        self.location = self.location.model_copy(update=changes)
        await self.push(self.location)

    async def push(self, location: LocationFacts) -> None:
        """Push any location of this subscriber."""
        key = str(location.location_id)
        self.versions[key] = self.versions.get(key, 0) + 1
        await self.neighbours.push(
            "scheduler",
            "location",
            key,
            location,
            version=self.versions[key],
            subscriber_id=self.subscriber.subscriber_id,
        )

    async def switch_on(
        self, kind: str, settings: dict[str, Any] | None = None, location_id: UUID | None = None
    ) -> Any:
        """Switch a campaign type on; return the answer."""
        answer = await self.scheduler.http.post(
            "/v1/campaigns",
            json={
                "location_id": str(location_id or self.location.location_id),
                "type": kind,
                "settings": settings or {},
            },
            headers=self.headers(),
        )
        if answer.status_code == 201:
            self.campaigns[kind] = UUID(answer.json()["campaign_id"])
            await self.scheduler.step("publish_contents")
        return answer

    async def draft(self, kind: str, settings: dict[str, Any] | None = None) -> Any:
        """Prepare a campaign; return the answer."""
        body = {"location_id": str(self.location.location_id), "type": kind, "settings": settings or {}, "draft": True}
        answer = await self.scheduler.http.post("/v1/campaigns", json=body, headers=self.headers())
        if answer.status_code == 201:
            self.campaigns[kind] = UUID(answer.json()["campaign_id"])
        return answer

    async def edit(self, kind: str, version: int = 1, **change: Any) -> Any:
        """Change a campaign's settings, state or both."""
        return await self.scheduler.http.patch(
            f"/v1/campaigns/{self.campaigns[kind]}",
            json=change,
            headers=self.headers() | {"If-Match": f'"{version}"'},
        )

    async def set_state(self, kind: str, state: str, version: int = 1) -> Any:
        """Pause, resume or end a campaign."""
        return await self.edit(kind, version, state=state)

    def person(self, name: str = "Ana", mailbox: str | None = "", **facts: Any) -> UUID:
        """Put a consumer into ingest's feed and look-up; `mailbox` "" takes one of their own, None means no address. `facts["id"]` updates."""
        consumer_id = facts.pop("id", None) or uuid4()
        mailbox = f"{consumer_id.hex}@example.com" if mailbox == "" else mailbox
        key = ADDRESS_KEYS.key_of(mailbox) if mailbox else None
        recipient = facts.pop("recipient_id", consumer_id if mailbox else None)
        values: dict[str, Any] = {
            "consumer_id": consumer_id,
            "location_id": self.location.location_id,
            "status": "active",
            "address_key": key,
            "address_problem": None,
            "recipient_id": recipient,
            "household_id": None,
            "language": "en",
            "minor_until": None,
            "historic": False,
            "deleted": False,
        }
        made = ConsumerFacts(**values | facts)
        self.ingest.feed.put(self.subscriber.subscriber_id, "consumer", consumer_id, made)
        self.ingest.people[consumer_id] = {
            "consumer_id": str(consumer_id),
            "recipient_id": str(recipient) if recipient else None,
            "address": mailbox,
            "address_key": key,
            "first_name": name,
            "last_name": "Lee",
            "language": made.language,
        }
        return consumer_id

    def appointment(self, consumer_id: UUID | None, starts: datetime | str | None, **facts: Any) -> UUID:
        """Put an appointment into the feed; a text is local wall time. `facts["id"]` updates."""
        appointment_id = facts.pop("id", None) or uuid4()
        values: dict[str, Any] = {
            "appointment_id": appointment_id,
            "location_id": self.location.location_id,
            "consumer_id": consumer_id,
            "starts_at": self.at(starts) if isinstance(starts, str) else starts,
            "minutes": 45,
            "status": "booked",
            "booked_at": None,
            "historic": False,
            "deleted": False,
        }
        body = AppointmentFacts(**values | facts)
        self.ingest.feed.put(self.subscriber.subscriber_id, "appointment", appointment_id, body)
        return UUID(str(appointment_id))

    def visit(self, consumer_id: UUID, completed: datetime | str, **facts: Any) -> UUID:
        """Put a visit into the feed."""
        visit_id = facts.pop("id", None) or uuid4()
        values: dict[str, Any] = {
            "visit_id": visit_id,
            "location_id": self.location.location_id,
            "consumer_id": consumer_id,
            "completed_at": self.at(completed) if isinstance(completed, str) else completed,
            "total_cents": 12900,
            "historic": False,
            "deleted": False,
        }
        self.ingest.feed.put(self.subscriber.subscriber_id, "visit", visit_id, VisitFacts(**values | facts))
        return UUID(str(visit_id))

    def source(self, last_success_at: datetime | None, connection_id: UUID | None = None) -> UUID:
        """Put a connection with an hourly interval into the feed."""
        connection_id = connection_id or uuid4()
        body = ConnectionFacts(
            connection_id=connection_id,
            location_id=self.location.location_id,
            interval_minutes=60,
            last_success_at=last_success_at,
        )
        self.ingest.feed.put(self.subscriber.subscriber_id, "connection", connection_id, body)
        return connection_id

    async def run(self, *names: str) -> None:
        """Run loops until none has more to do; all but publishing by default."""
        names = names or ("follow_ingest", "plan", "deliver_outbox", "group", "submit", "follow_mailer", "plan")
        for name in names:
            while await self.scheduler.step(name):
                pass

    async def move_to(self, local: str) -> None:
        """Put the clock at a local wall time and let everything run that is due."""
        self.clock.set(self.at(local))
        await self.run()

    def outcome(
        self, message: MessageInput, state: MessageState, reason: str | None = None, at: datetime | None = None
    ) -> None:
        """Put an outcome of a message into the mailer's feed."""
        body = Outcome(
            message_id=message.message_id,
            touch_ids=[touch.touch_id for touch in message.touches],
            state=state,
            reason=reason,
            at=at or self.clock.now(),
        )
        self.mailer.feed.put(message.subscriber_id, "outcome", message.message_id, body)

    @property
    def messages(self) -> list[MessageInput]:
        """Messages the mailer was given, in order."""
        return list(self.mailer.messages.values())

    def mails(self) -> list[tuple[str, list[str], str]]:
        """Return (step-free) what mails say: address, first names, kind of content."""
        return [
            (
                message.address,
                [row["first_name"] for row in message.fields["people"]],
                self.mailer.contents[message.content_id]["slug"],
            )
            for message in self.messages
        ]

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Query the scheduler's database as superuser."""
        connection = await asyncpg.connect(self.scheduler.database.superuser)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def touches(self, consumer_id: UUID | None = None) -> dict[str, tuple[str, str | None]]:
        """Return state and reason by step and cycle's local start (or step alone where it is unique)."""
        rows = await self.rows(
            "select step, cycle, state, reason from touches where $1::uuid is null or consumer_id = $1 order by due_at, planned_local",
            consumer_id,
        )
        steps = [row["step"] for row in rows]
        return {
            row["step"] if steps.count(row["step"]) == 1 else f"{row['step']} {row['cycle'].rpartition('@')[2]}": (
                row["state"],
                row["reason"],
            )
            for row in rows
        }

    async def due(self, consumer_id: UUID) -> dict[str, str]:
        """Return the local due time of every touch of a person by step."""
        rows = await self.rows(
            "select step, due_local from touches where consumer_id = $1 order by due_at", consumer_id
        )
        return {row["step"]: f"{row['due_local']:%Y-%m-%d %H:%M}" for row in rows}

    async def reasons(self, consumer_id: UUID) -> dict[str, Any]:
        """Ask why."""
        answer = await self.scheduler.http.get(f"/v1/consumers/{consumer_id}/reasons", headers=self.headers())
        assert answer.status_code == 200, answer.text
        return dict(json.loads(answer.text))


async def open_practice(clock: ManualClock, neighbours: Neighbours, **location: Any) -> Practice:
    """Open a scheduler between our neighbours and push a subscriber with a live location; no campaign is on yet."""
    ingest, mailer, optout = Ingest(), Mailer(), Optout()
    for name, app in (("ingest", ingest.app()), ("mailer", mailer.app()), ("optout", optout.app())):
        neighbours.opened[name] = OpenService(name, None, None, app, None, None)  # type: ignore[arg-type]
    scheduler = await neighbours.open("scheduler")
    subscriber = build_subscriber()
    place = build_location(subscriber.subscriber_id, **location)
    await neighbours.push("scheduler", "subscriber", str(subscriber.subscriber_id), subscriber)
    practice = Practice(clock, neighbours, scheduler, ingest, mailer, optout, subscriber, place)
    await practice.push(place)
    return practice
