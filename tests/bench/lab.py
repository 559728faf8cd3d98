"""The services under measure as real processes on a durable PostgreSQL, and the credentials of everyone who calls them.

A bench that ran a service inside its own process would measure itself and share its memory.
"""

import asyncio
import base64
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.child import Child
from deploy.local.readiness import wait_until_ready
from deploy.local.stack import Options as StackOptions
from deploy.local.stack import Stack
from shared.kit.auth import AUDIENCE, ISSUER, Signer
from shared.kit.clock import write_offset
from shared.kit.http import ServiceClient
from shared.schemas.access import VerificationKey
from shared.schemas.address import AddressKeys
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.wire import DirectoryEntry, Wire
from tests.bench.cost import Cost, cost_of, ended_cpu_of, family, name_of
from tests.bench.figure import Tell
from tests.fixtures.builders import build_location, build_subscriber


@dataclass
class Lab:
    """Prepared databases and the processes started so far; everything ends with `open_lab`."""

    stack: Stack
    clock_file: Path
    tell: Tell
    subscriber: SubscriberFacts
    location: LocationFacts
    portal_key: Ed25519PrivateKey
    children: dict[str, Child] = field(default_factory=dict)
    ahead: timedelta = timedelta()

    @property
    def address_keys(self) -> AddressKeys:
        """The installation's address keys."""
        return AddressKeys({name: base64.b64decode(key) for name, key in self.stack.secrets.address_keys.items()})

    def start(self, service: str, *modes: str, count: int = 1, extra: Mapping[str, str] | None = None) -> None:
        """Starts `count` times a service, of several modes as several processes out of one, and waits until its door (if it has one) answers."""
        started = []
        for number in range(1, count + 1):
            name = f"{service}-{'-'.join(modes)}{number}"
            argv = [sys.executable, "-m", "shared.kit.run", service, *modes]
            log = self.stack.folder / "logs" / f"{name}.log"
            environment = self.stack.environment(service, extra=extra)
            child = Child(name, argv, environment, log_file=log, respawn=False, tell=self.tell, show=lambda *_: None)
            child.start()
            self.children[name] = child
            started.append(child)
        doors = {} if set(modes) == {"work"} else {service: f"{self.stack.urls[service]}/health/ready"}
        wait_until_ready(doors, started, tell=self.tell)

    async def start_mailing(self, *, workers: int, connections: int = 20) -> None:
        """Starts optout and the mailer (its door and workers out of one process), and introduces subscriber and location to both."""
        self.start("optout", "both")
        self.start("mailer", "serve", *["work"] * workers, extra={"MAILER_CONNECTIONS": str(connections)})
        for service in ("optout", "mailer"):
            await self.introduce(service)

    def stop(self) -> None:
        """Ends every process started."""
        for child in self.children.values():
            child.ask_to_stop()
        for child in self.children.values():
            child.stop(15.0)

    def cost(self, prefix: str) -> Cost:
        """What the processes whose name (`mailer-work`, or `mailer` for all of it) starts with `prefix` have used; `postgres`: the server's."""
        if prefix == "postgres":
            assert self.stack.postgres is not None
            postmaster = self.stack.postgres.pid
            living = cost_of(family(postmaster))
            return Cost(living.cpu_s + ended_cpu_of([postmaster]), living.memory)  # idle connections are closed
        pids = {pid for child in self.children.values() for pid in family(child.pid)}
        return cost_of(pid for pid in pids if name_of(pid).startswith(prefix))

    def ended_cpu(self, prefix: str) -> float:
        """CPU seconds of the processes that ours of this name have started and that have ended."""
        pids = {pid for child in self.children.values() for pid in family(child.pid)}
        return ended_cpu_of(pid for pid in pids if name_of(pid).startswith(prefix))

    @contextlib.contextmanager
    def scratch_database(self) -> Iterator[str]:
        """URL of an empty database on the same server, for a limit; gone afterwards."""
        name = f"scratch_{uuid4().hex}"
        asyncio.run(self._administer(f"create database {name}"))
        try:
            yield urlsplit(self.stack.admin_url)._replace(path=f"/{name}").geturl()
        finally:
            asyncio.run(self._administer(f"drop database {name}"))

    async def connect(self, service: str) -> asyncpg.Connection:
        """Connects to a service's database as the superuser, whom no row policy binds; the caller closes."""
        database = urlsplit(self.stack.databases[service].owner).path
        return await asyncpg.connect(urlsplit(self.stack.admin_url)._replace(path=database).geturl())

    async def count_rows(self, service: str, table: str) -> int:
        """How many rows a table of a service's database holds."""
        connection = await self.connect(service)
        try:
            return int(await connection.fetchval(f"select count(*) from {table}"))
        finally:
            await connection.close()

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.stack.admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def move_clock(self, by: timedelta) -> datetime:
        """Sets business time `by` ahead of the machine's; returns the new business time."""
        write_offset(self.clock_file, by.total_seconds())
        self.ahead = by
        return datetime.now(UTC) + by

    @contextlib.asynccontextmanager
    async def caller(self, caller: str, service: str) -> AsyncIterator[ServiceClient]:
        """A client of `service` with the assertions of the service `caller`."""
        signer = Signer(caller, base64.b64decode(self.stack.secrets.service_keys[caller]))
        client = ServiceClient(service=service, base_url=self.stack.urls[service], signer=signer, seconds=60.0)
        try:
            yield client
        finally:
            await client.close()

    async def introduce(self, service: str) -> None:
        """Pushes subscriber, live location and the key that verifies our tokens, as portal does."""
        raw = self.portal_key.public_key().public_bytes_raw()
        key = VerificationKey(key_id="bench", public_key=base64.b64encode(raw).decode())
        await self._push(service, [("verification_key", "bench", None, key)])
        await self.introduce_businesses(service, [(self.subscriber, self.location)])

    async def introduce_businesses(
        self, service: str, businesses: Sequence[tuple[SubscriberFacts, LocationFacts]]
    ) -> None:
        """Pushes businesses of one location each."""
        facts: list[tuple[str, str, UUID | None, Wire]] = []
        for subscriber, location in businesses:
            owner = subscriber.subscriber_id
            facts += [
                ("subscriber", str(owner), owner, subscriber),
                ("location", str(location.location_id), owner, location),
            ]
        await self._push(service, facts)

    async def _push(self, service: str, facts: Sequence[tuple[str, str, UUID | None, Wire]]) -> None:
        async with self.caller("portal", service) as portal:
            for kind, entry_id, subscriber_id, fact in facts:
                body = fact.model_dump(mode="json")
                entry = DirectoryEntry(version=1, subscriber_id=subscriber_id, body=body)
                await portal.send("PUT", f"/v1/directory/{kind}/{entry_id}", body=entry)

    async def wait_for_rows(self, service: str, table: str, count: int, *, seconds: float) -> None:
        """Returns when a table, or a query in brackets, has exactly so many rows. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while await self.count_rows(service, table) != count:  # noqa: ASYNC110 - other processes write them
                await asyncio.sleep(0.05)

    def token(self, scopes: str, subscriber_id: UUID | None = None) -> str:
        """An access token of an API client of our subscriber or another, valid for an hour of business time."""
        now = int((datetime.now(UTC) + self.ahead).timestamp())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(uuid4()), "scope": scopes, "iat": now, "exp": now + 3600}
        claims |= {"subscriber": str(subscriber_id or self.subscriber.subscriber_id), "locations": []}
        return jwt.encode(claims, self.portal_key, algorithm="EdDSA", headers={"kid": "bench"})


@contextlib.contextmanager
def open_lab(tell: Tell, *, smtp_port: int = 0) -> Iterator[Lab]:
    """A fresh installation on durable storage, gone afterwards. `smtp_port`: where the mailer hands its mail over."""
    folder = Path(tempfile.mkdtemp(prefix="dueback-bench-", dir="/var/tmp" if Path("/var/tmp").is_dir() else None))
    folder.chmod(0o755)  # as root PostgreSQL runs as another user, who must be able to get in
    clock_file = folder / "clock"
    options = StackOptions(
        clock_file=clock_file,
        smtp_url=f"smtp://127.0.0.1:{smtp_port or 9}",
        usual_ports=False,
        catcher=False,
        respawn=False,
    )
    stack = Stack(folder / "data", options, tell=tell)
    subscriber = build_subscriber()
    location = build_location(subscriber.subscriber_id)
    lab = Lab(stack, clock_file, tell, subscriber, location, Ed25519PrivateKey.generate())
    try:
        stack.prepare()
        yield lab
    finally:
        lab.stop()
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
