"""A dental practice with all of Dueback around it: four services in process, facts as portal pushes them, a relay that remembers.

The loops are the real ones; the test steps them, so that a story has one order and the clock moves only when it is told to.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg

from services.mailer.domain.moves import INNOCENT_WAIT
from shared.kit.clock import ManualClock
from shared.kit.feed_watch import ENDING
from shared.schemas.ingest import BatchReport, FoundConsumer
from shared.schemas.location import LocationFacts, SubscriberFacts
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import Neighbours, OpenService
from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.engine import Engine

LOOPS: Final = ("plan", "deliver_outbox", "group", "submit")
FEEDS: Final = (("ingest", "follow_ingest"), ("mailer", "follow_mailer"))
_published: dict[UUID, asyncpg.Record] = {}
"""Stock contents as the first story's mailer compiled them: the others find them there, because compiling takes seconds."""


@dataclass
class House(Engine):
    """One subscriber, one location in Los Angeles, one practice system, both campaigns on."""

    sink: SmtpSink
    ingest: OpenService
    optout: OpenService
    scheduler: OpenService
    subscriber: SubscriberFacts
    location: LocationFacts
    databases: dict[str, Any]
    connection_id: UUID = field(default_factory=uuid4)
    revision: int = 0

    @property
    def clock(self) -> ManualClock:
        """Business time, which the story moves."""
        return cast("ManualClock", self.neighbours.clock)

    def at(self, local: str) -> datetime:
        """Return the instant of a local wall time at the practice."""
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(self.location.zone))

    def client(self, scopes: str) -> dict[str, str]:
        """Return the credential of the practice's API client."""
        return self.neighbours.client_headers(subscriber_id=self.subscriber.subscriber_id, scopes=scopes)

    # --- what the practice system sends

    def record(self, kind: str, foreign_id: str, **values: Any) -> dict[str, Any]:
        """Return a record; each is newer than the one made before it."""
        self.revision += 1
        updated = self.now - timedelta(days=1) + timedelta(seconds=self.revision)
        return {"type": kind, "foreign_id": foreign_id, "source_updated_at": updated.isoformat(), **values}

    def consumer(self, foreign_id: str = "P1", **values: Any) -> dict[str, Any]:
        """Return a patient with an address of their own."""
        person = {"first_name": "Ann", "last_name": "Lee", "email": f"{foreign_id.lower()}@example.com"}
        return self.record("consumer", foreign_id, **person | values)

    def appointment(self, foreign_id: str, person: str, starts: str, **values: Any) -> dict[str, Any]:
        """Return a booked appointment at a local wall time."""
        booked = {"consumer": person, "starts_at": self.at(starts).isoformat(), "minutes": 45, "status": "booked"}
        return self.record("appointment", foreign_id, **booked | values)

    def visit(self, foreign_id: str, person: str, completed: str, **values: Any) -> dict[str, Any]:
        """Return a completed visit."""
        done = {"consumer": person, "completed_at": self.at(completed).isoformat(), "total_cents": 12900}
        return self.record("visit", foreign_id, **done | {"currency": "USD"} | values)

    async def post_batch(self, records: Sequence[dict[str, Any]], *, batch_id: UUID | None = None) -> Any:
        """Post a batch as the practice system does; return the answer."""
        body = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        query = {"connection_id": str(self.connection_id), "batch_id": str(batch_id or uuid4())}
        headers = self.client("ingest") | {"content-type": "application/x-ndjson"}
        return await self.ingest.http.post("/v1/batches", params=query, content=body, headers=headers)

    async def upload(self, *records: dict[str, Any], batch_id: UUID | None = None) -> BatchReport:
        """Post a batch, which must be applied, and return its account."""
        answer = await self.post_batch(records, batch_id=batch_id)
        assert answer.status_code == 200, answer.text
        return BatchReport.model_validate_json(answer.content)

    async def switch_on(self, kind: str, **settings: Any) -> None:
        """Switch a campaign type on, as the practice does."""
        campaign = {"location_id": str(self.location.location_id), "type": kind, "settings": settings}
        answer = await self.scheduler.http.post("/v1/campaigns", json=campaign, headers=self.client("campaigns"))
        assert answer.status_code == 201, answer.text
        await _publish(self)

    async def push_location(self, **changes: Any) -> None:
        """Push the location again, changed, as portal does."""
        self.location = self.location.model_copy(update=changes)
        key, owner = str(self.location.location_id), self.subscriber.subscriber_id
        for name in self.neighbours.opened:
            await self.neighbours.push(name, "location", key, self.location, version=2, subscriber_id=owner)

    # --- the loops

    async def tell_optout(self) -> None:
        """Let ingest's outbox deliver what it holds: consents."""
        while await self.ingest.step("outbox"):
            pass

    async def plan(self) -> None:
        """Let facts and outcomes reach the scheduler, and everything that is due the mailer."""
        for _ in range(3):
            for feed, loop in FEEDS:
                await self._catch_up(feed, loop)
            for loop in LOOPS:
                while await self.scheduler.step(loop):
                    pass

    async def _catch_up(self, feed: str, loop: str) -> None:
        """Step a follower until it has read all there is: a row shows only when older transactions of the whole server are over."""
        last = "select xid::text || '.' || position from changes order by xid desc, position desc limit 1"
        newest = await self.databases[feed].fetchval(last)
        async with asyncio.timeout(20):
            while newest is not None and newest != await self._cursor(feed):
                if not await self.scheduler.step(loop):
                    await asyncio.sleep(0.02)

    async def _cursor(self, feed: str) -> str | None:
        return cast(
            "str | None",
            await self.databases["scheduler"].fetchval("select cursor from cursors where feed = $1", feed),
        )

    async def run(self) -> None:
        """Let everything happen that can happen at this moment."""
        await self.tell_optout()
        await self.plan()
        if await self.database.fetchval("select count(*) from messages where state in ('accepted', 'deferred')"):
            await self._deliver_all()
        await self.plan()

    async def _deliver_all(self) -> None:
        """Deliver; what was put back for a moment, as on a machine that is slow just then, is tried again when the moment is over."""
        await self.deliver()
        put_back = (
            "select count(*) from messages where state = 'accepted' and next_at > $1 and next_at <= $1 + $2::interval"
        )
        for _ in range(10):
            if not await self.database.fetchval(put_back, self.now, INNOCENT_WAIT):
                return
            self.clock.move(INNOCENT_WAIT)
            await self.deliver()

    async def move_to(self, local: str) -> None:
        """Put the clock at a local wall time; the practice system has been heard of a moment before; let everything happen."""
        self.clock.set(self.at(local))
        await self.upload(self.record("visit", "heartbeat", op="delete"))
        await self.run()

    # --- what came of it

    def mails(self, mailbox: str | None = None) -> list[EmailMessage]:
        """Return the mails the relay took over, in order."""
        return [
            message_from_bytes(message.body or b"", policy=default)
            for message in self.sink.messages
            if mailbox is None or message.recipients == (mailbox.encode(),)
        ]

    async def click(self, mail: EmailMessage) -> Any:
        """Post the one click of a received mail, as a mail program does (RFC 8058)."""
        found = re.search(r"<(https://[^>]+)>", mail["List-Unsubscribe"])
        assert found is not None
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        return await self.optout.http.post(urlsplit(found[1]).path, data={"List-Unsubscribe": "One-Click"})

    async def find(self, foreign_id: str) -> FoundConsumer:
        """Return the consumer of a foreign id as ingest knows them."""
        query = {"connection_id": str(self.connection_id), "foreign_id": foreign_id}
        answer = await self.ingest.http.get("/v1/consumers", params=query, headers=self.client("records"))
        assert answer.status_code == 200, answer.text
        return FoundConsumer.model_validate(answer.json()["items"][0])

    async def touches(self, foreign_id: str) -> list[tuple[str, str, str | None]]:
        """Return step, state and reason of every touch of a person, in the order they were due."""
        consumer = await self.find(foreign_id)
        rows = await self.databases["scheduler"].fetch(
            "select step, state, reason from touches where consumer_id = $1 order by due_at, step", consumer.consumer_id
        )
        return [(row["step"], row["state"], row["reason"]) for row in rows]

    async def why(self, foreign_id: str) -> dict[str, str]:
        """Return the reason per campaign type, as the practice would ask for it."""
        path = f"/v1/consumers/{(await self.find(foreign_id)).consumer_id}/reasons"
        answer = await self.scheduler.http.get(path, headers=self.client("campaigns"))
        assert answer.status_code == 200, answer.text
        return {verdict["campaign_type"]: verdict["reason"] for verdict in answer.json()["verdicts"]}


def text_of(mail: EmailMessage, part: str = "plain") -> str:
    """Return a part's text as a reader sees it: with ordinary blanks."""
    body = mail.get_body((part,))
    assert body is not None
    return str(body.get_content()).replace("\xa0", " ")


@asynccontextmanager
async def open_house(neighbours: Neighbours) -> AsyncIterator[House]:
    """Open everything; portal's part is played by the facts pushed here."""
    async with SmtpSink() as sink:
        optout, ingest, scheduler = [await neighbours.open(name) for name in ("optout", "ingest", "scheduler")]
        mailer = await neighbours.open("mailer", MAILER_SMTP_URL=f"smtp://127.0.0.1:{sink.port}")
        databases = {
            name: await asyncpg.connect(opened.database.superuser) for name, opened in neighbours.opened.items()
        }
        subscriber = build_subscriber()
        location = build_location(subscriber.subscriber_id)
        house = House(
            neighbours,
            mailer,
            databases["mailer"],
            sink,
            ingest,
            optout,
            scheduler,
            subscriber,
            location,
            databases,
        )
        ENDING.set()  # a feed with nothing new answers at once instead of holding the story up
        try:
            await _introduce(house)
            yield house
        finally:
            ENDING.clear()
            for database in databases.values():
                await database.close()


async def _introduce(house: House) -> None:
    """Push the business, connect its practice system, switch both campaigns on."""
    owner = house.subscriber.subscriber_id
    for name in house.neighbours.opened:
        for kind, fact_id, fact in (
            ("subscriber", owner, house.subscriber),
            ("location", house.location.location_id, house.location),
        ):
            await house.neighbours.push(name, kind, str(fact_id), fact, subscriber_id=owner)
    place = str(house.location.location_id)
    wanted = {"location_id": place, "connector": "fhir", "name": "Front office"}
    made = await house.ingest.http.post("/v1/connections", json=wanted, headers=house.client("ingest"))
    assert made.status_code == 201, made.text
    house.connection_id = UUID(made.json()["connection_id"])
    for kind in ("appointment_reminder", "visit_thanks"):
        await house.switch_on(kind)


async def _publish(house: House) -> None:
    for row in _published.values():
        columns, marks = ", ".join(row.keys()), ", ".join(f"${n + 1}" for n in range(len(row)))
        await house.database.execute(f"insert into contents ({columns}) values ({marks}) on conflict do nothing", *row)
    await house.scheduler.step("publish_contents")
    _published.update({row["content_id"]: row for row in await house.database.fetch("select * from contents")})
    assert await house.databases["scheduler"].fetchval("select count(*) from published_contents") > 0
