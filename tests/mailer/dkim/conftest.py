"""A DNS to publish in, and a mailer that asks it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours, OpenService
from tests.mailer.dkim.fake_dns import FakeDns

DOMAIN = "brightsmile.example.com"


@dataclass
class Domains:
    """A mailer, the DNS it asks, and a subscriber with the right to register domains."""

    neighbours: Neighbours
    mailer: OpenService
    dns: FakeDns
    subscriber_id: UUID = field(default_factory=uuid4)

    @property
    def clock(self) -> ManualClock:
        """Business time."""
        return cast("ManualClock", self.neighbours.clock)

    async def call(self, method: str, path: str = "", *, subscriber_id: UUID | None = None, **request: Any) -> Any:
        """Call the API as a client; return the answer."""
        headers = self.neighbours.client_headers(subscriber_id=subscriber_id or self.subscriber_id, scopes="locations")
        return await self.mailer.http.request(method, f"/v1/sender-domains{path}", headers=headers, **request)

    async def add(self, domain: str = DOMAIN, **request: Any) -> dict[str, Any]:
        """Register a domain; return its page."""
        answer = await self.call("POST", json={"domain": domain}, **request)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def page(self, domain: str = DOMAIN) -> dict[str, Any]:
        """Return the page of a domain."""
        return dict((await self.call("GET", f"/{domain}")).json())

    def publish(self, page: dict[str, Any], *purposes: str, algorithms: tuple[str, ...] = ("rsa", "ed25519")) -> None:
        """Publish what a page asks for; only these purposes if named."""
        for record in page["records"]:
            if purposes and record["purpose"] not in purposes:
                continue
            if record["purpose"] == "dkim" and not any(f"k={name};" in record["value"] for name in algorithms):
                continue
            if record["type"] == "MX":
                self.dns.exchanges[record["name"]] = [record["value"].split()[1].rstrip(".")]
            else:
                self.dns.texts.setdefault(record["name"], [])
                if record["value"] not in self.dns.texts[record["name"]]:
                    self.dns.texts[record["name"]].append(record["value"])

    async def check(self, **ahead: float) -> dict[str, Any]:
        """Move the clock and let the background loop look once; return the page."""
        self.clock.move(timedelta(**ahead))
        await self.mailer.step("check_sender_domains")
        return await self.page()

    async def verified(self) -> dict[str, Any]:
        """Register the domain, publish everything, find it."""
        self.publish(await self.add())
        return await self.check(minutes=2)


@pytest.fixture
async def names() -> AsyncIterator[FakeDns]:
    """Return a DNS."""
    async with FakeDns() as server:
        yield server


@pytest.fixture
async def domains(neighbours: Neighbours, names: FakeDns) -> Domains:
    """Return a mailer that asks the DNS."""
    return Domains(neighbours, await neighbours.open("mailer", MAILER_DNS_SERVER=names.address), names)
