"""A mailer and an optout whose workers are real processes that may die, a relay in a process of its own whose ledger outlives them, and the account.

The account is kept from three sides: what was submitted, what the relay's ledger says, what the mailer's database says.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO, cast
from uuid import UUID, uuid4

import asyncpg

from deploy.local.spawn import spawn
from shared.kit.clock import ManualClock
from shared.kit.http import AsyncClient, HttpFailure, Limits
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.database import ServiceDatabase
from tests.fixtures.link import Link, open_link
from tests.fixtures.services import Neighbours, environment_for, service_headers
from tests.fixtures.smtp_ledger import Entry, read_ledger
from tests.fixtures.smtp_script import Script
from tests.journeys.account import Account
from tests.mailer.delivery.contents import CONTENT, add_content
from tests.mailer.delivery.world import World, key_of

CONNECTIONS: Final = 12
_ROOT: Final = Path(__file__).parent.parent.parent


@dataclass
class Nursery:
    """Starts service processes quickly."""

    orders: TextIO

    def start(self, *argv: str, environment: Mapping[str, str], log: Path) -> int:
        """Start a service process and return its id."""
        self.orders.write(json.dumps({"argv": argv, "environment": dict(environment), "log": str(log)}) + "\n")
        self.orders.flush()
        return int(self.orders.readline())


@contextmanager
def open_nursery(folder: Path) -> Iterator[Nursery]:
    """Open the nursery; whatever it started ends with it."""
    ours, theirs = socket.socketpair()
    with (folder / "nursery.log").open("wb") as log, ours, theirs, ours.makefile("rw") as orders:
        ours.settimeout(60)
        argv = [sys.executable, "-m", "tests.journeys.nursery", str(theirs.fileno())]
        kept = (theirs.fileno(),)
        process = spawn(argv, folder=_ROOT, stdout=log, stderr=log, death_signal=signal.SIGKILL, keep_open=kept)
        try:
            yield Nursery(orders)
        finally:
            process.kill()
            process.wait()


def is_alive(process: int) -> bool:
    """Tell whether a process of the nursery still runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class MailHouse(World):
    """A World whose worker, follower and optout are processes of the nursery."""

    nursery: Nursery | None = None
    link: Link = cast("Link", None)  # noqa: RUF009 - always given by open_mail_house
    folder: Path = Path()
    ledger: Path = Path()
    environment: dict[str, dict[str, str]] = field(default_factory=dict)
    optout_database: ServiceDatabase = cast("ServiceDatabase", None)  # noqa: RUF009 - likewise
    http: AsyncClient | None = None
    submitted: set[UUID] = field(default_factory=set)
    processes: list[int] = field(default_factory=list)

    @property
    def optout_http(self) -> AsyncClient:
        """The way to the process that is optout."""
        assert self.http is not None
        return self.http

    def start(self, service: str, *modes: str, **environment: str) -> int:
        """Start a process of a service; of several modes one that has a child for each."""
        assert self.nursery is not None
        values = self.environment[service] | environment
        process = self.nursery.start(
            service, *modes, environment=values, log=self.folder / f"{service}-{len(self.processes)}.log"
        )
        self.processes.append(process)
        return process

    async def wait_for_end(self, process: int, seconds: float = 60.0) -> None:
        """Wait until a process is gone."""
        async with asyncio.timeout(seconds):
            while is_alive(process):  # noqa: ASYNC110 - it is not our child
                await asyncio.sleep(0.01)

    async def stop(self, process: int, number: int = signal.SIGTERM) -> None:
        """End a process and wait for it."""
        os.kill(process, number)
        await self.wait_for_end(process)

    async def ask_optout(self, path: str, caller: str, body: Any) -> None:
        """Command optout as a service."""
        answer = await self.optout_http.post(path, json=body, headers=service_headers(caller, "optout"))
        assert answer.status_code == 200, answer.text

    async def consent_all(self, people: Sequence[tuple[str, UUID]]) -> None:
        """Put permission on file at the process."""
        consents = [
            {
                "consent_id": str(uuid4()),
                "location_id": str(self.location.location_id),
                "person_id": str(person),
                "address_key": key_of(address),
                "basis": "existing_relationship",
                "source": "test",
                "evidence": "visit:1",
                "occurred_at": self.now.isoformat(),
            }
            for address, person in people
        ]
        body = {"subscriber_id": str(self.subscriber.subscriber_id), "consents": consents}
        await self.ask_optout("/v1/consents", "ingest", body)

    async def optout_answers(self) -> bool:
        """Tell whether optout's process is up."""
        try:
            return (await self.optout_http.get("/health/ready")).status_code == 200
        except HttpFailure:
            return False

    async def optout_listens(self) -> bool:
        """Tell whether optout's process takes requests, with or without its database."""
        try:
            return (await self.optout_http.get("/health/live")).status_code == 200
        except HttpFailure:
            return False

    async def crash_postgres(self) -> None:
        """Kill a process of the server, so that it ends every connection and recovers from its log; wait until all are served again."""
        process = await self.database.fetchval("select pid from pg_stat_activity where backend_type = 'checkpointer'")
        os.kill(process, signal.SIGKILL)
        async with asyncio.timeout(60):
            while not self.database.is_closed():  # noqa: ASYNC110 - the server says nothing
                await asyncio.sleep(0.02)
            while True:
                try:
                    self.database = await asyncpg.connect(self.mailer.database.superuser)
                    break
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.05)
        await self.until(self.mailer_answers, 60)
        await self.until(self.optout_answers, 60)

    async def mailer_answers(self) -> bool:
        """Tell whether the mailer's API has its database."""
        answer = await self.mailer.http.get("/v1/changes?limit=1", headers=service_headers("scheduler", "mailer"))
        return bool(answer.status_code == 200)

    async def mail(self, count: int) -> list[str]:
        """Submit so many messages to new people with permission on file; return the addresses."""
        addresses = [f"p{len(self.submitted) + number}@example.com" for number in range(count)]
        for at in range(0, count, 1000):
            self.submitted.update(await self.send(*addresses[at : at + 1000]))
        return addresses

    async def drained(self) -> bool:
        """Tell whether every message has come to an end."""
        waiting = "select count(*) from messages where state in ('accepted', 'deferred', 'claimed', 'handing_over')"
        return bool(await self.database.fetchval(waiting) == 0)

    def dots(self) -> list[Entry]:
        """Return the final dots that the relay took over."""
        return [entry for entry in read_ledger(self.ledger) if entry.event == "dot" and entry.details["accepted"]]

    async def account(self) -> Account:
        """Hold submitted, seen and settled against each other."""
        seen = Counter(UUID(dot.details["message_id"][1:37]) for dot in self.dots())
        rows = await self.database.fetch("select message_id, state from messages")
        states: dict[UUID, str] = {row["message_id"]: row["state"] for row in rows}
        told = Counter(outcome["message_id"] for outcome in await self.all_outcomes())
        return Account(self.submitted, seen, states, told)

    async def all_outcomes(self) -> list[dict[str, Any]]:
        """Return the whole outcome feed."""
        found: list[dict[str, Any]] = []
        cursor = "0.0"
        while True:
            path = f"/v1/changes?limit=2000&after={cursor}"
            page = (await self.mailer.http.get(path, headers=service_headers("scheduler", "mailer"))).json()
            if not page["changes"]:
                return found
            found += [change["body"] for change in page["changes"]]
            cursor = page["cursor"]


@asynccontextmanager
async def open_mail_house(
    neighbours: Neighbours, nursery: Nursery, folder: Path, script: Script | None = None
) -> AsyncIterator[MailHouse]:
    """Open databases, relay and optout; the mailer's API answers in this process, its workers are started by the test."""
    cast("ManualClock", neighbours.clock).set(datetime.now(UTC))
    ledger = folder / "relay.ledger"
    argv = [sys.executable, "-m", "tests.fixtures.smtp", "--ledger", str(ledger)]
    argv += ["--script", script.to_json()] if script else []
    relay = spawn(argv, folder=_ROOT, stdout=subprocess.PIPE, death_signal=signal.SIGKILL)
    house = None
    stack = AsyncExitStack()
    try:
        assert relay.stdout is not None
        port = int(await asyncio.to_thread(relay.stdout.readline))
        optout_port = _free_port()
        link = await stack.enter_async_context(open_link(optout_port))
        house = await _open(neighbours, nursery, folder, ledger, port, optout_port, link)
        yield house
    finally:
        relay.kill()
        relay.wait()
        assert relay.stdout is not None
        relay.stdout.close()
        if house is not None:
            await _close(house)
        await stack.aclose()


async def _open(
    neighbours: Neighbours, nursery: Nursery, folder: Path, ledger: Path, port: int, optout_port: int, link: Link
) -> MailHouse:
    address = f"http://127.0.0.1:{optout_port}"
    urls = {"DUEBACK_URLS": json.dumps({"optout": f"http://127.0.0.1:{link.port}"})}
    smtp = {"MAILER_SMTP_URL": f"smtp://127.0.0.1:{port}", "MAILER_CONNECTIONS": str(CONNECTIONS)}
    mailer = await neighbours.open("mailer", **smtp)
    place = {"OPTOUT_PORT": str(optout_port)}
    optout_database = neighbours.make_database("optout")
    environment = {
        "mailer": environment_for("mailer", mailer.database, folder / "mailer", smtp | urls),
        "optout": environment_for("optout", optout_database, folder / "optout-state", place | urls),
    }
    subscriber = build_subscriber()
    location = build_location(subscriber.subscriber_id)
    await neighbours.push("mailer", "subscriber", str(subscriber.subscriber_id), subscriber)
    await neighbours.push("mailer", "location", str(location.location_id), location)
    database = await asyncpg.connect(mailer.database.superuser)
    content_id = await add_content(database, CONTENT)
    house = MailHouse(
        neighbours,
        mailer,
        database,
        cast("Any", None),
        subscriber,
        location,
        content_id,
        content_id,
        nursery=nursery,
        link=link,
        folder=folder,
        ledger=ledger,
        environment=environment,
        optout_database=optout_database,
        http=AsyncClient(base_url=address, timeout=30, limits=Limits(max_connections=None)),
    )
    house.start("optout", "both")
    await house.until(house.optout_answers, 60)
    return house


async def _close(house: MailHouse) -> None:
    for process in house.processes:
        if is_alive(process):
            os.kill(process, signal.SIGKILL)
            await house.wait_for_end(process)
    if house.http is not None:
        await house.http.aclose()
    await house.database.close()


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
