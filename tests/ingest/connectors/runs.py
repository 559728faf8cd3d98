"""Runs connectors in tests: over a vendor's socket, with a state folder of its own, into the practice's real ingest."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from services.ingest import connectors
from services.ingest.domain.connector import Connector, Found, Reading, SourceItem
from services.ingest.sync.account import Account
from services.ingest.sync.agent import Agent
from services.ingest.sync.carrier import Carrier
from services.ingest.sync.state import open_state
from services.ingest.sync.web import PoliteWeb
from shared.kit.clock import ManualClock
from shared.kit.http import AsyncClient
from shared.kit.plugins import find_plugins
from tests.fixtures.vendor import Waits, no_wait
from tests.ingest.practice import Practice

CONNECTORS: Final[dict[str, Connector]] = find_plugins(connectors, "CONNECTOR")
SAMPLES: Final = Path(__file__).parent / "samples"
SEEN: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Runner:
    """Runs one connector; the state stays in `folder` from run to run."""

    connector: Connector
    settings: Any
    folder: Path
    practice: Practice | None = None
    waits: Waits = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    now: datetime = SEEN

    async def read(self, cursor: dict[str, str] | None = None, now: datetime = SEEN) -> list[Found]:
        """Return all that the connector yields."""
        async with self.web() as open_web:
            return [found async for found in self.connector.read(self.settings, Reading(cursor or {}, now, open_web))]

    async def carry(self) -> Account:
        """Run the agent once against the practice's ingest."""
        assert self.practice is not None
        state = open_state(self.folder, str(self.practice.connection_id))
        try:
            async with self.web() as open_web:
                return await self.agent(state, open_web).run()
        finally:
            state.close()

    def agent(self, state: Any, open_web: Any) -> Agent:
        """Return an agent of this connection."""
        assert self.practice is not None
        clock = ManualClock(self.now)
        return Agent(
            self.connector,
            self.settings,
            state,
            carrier_of(self.practice, self.waits),
            clock,
            open_web,
            self.told.append,
        )

    @asynccontextmanager
    async def web(self) -> AsyncIterator[Any]:
        """Open the way to vendors, with pauses that cost no time."""
        async with AsyncClient(timeout=20, trust_env=False) as http:
            yield partial(PoliteWeb, http, wait=no_wait(self.waits))


def carrier_of(practice: Practice, waits: Waits) -> Carrier:
    """Return a carrier that has a token of the practice."""
    token = practice.headers["Authorization"].removeprefix("Bearer ")
    place = ("http://ingest.internal", "http://portal.internal/v1/token", "id", SecretStr("secret"))
    return Carrier(practice.ingest.http, *place, practice.connection_id, no_wait(waits), token)


def items_of(found: list[Found]) -> list[SourceItem]:
    """Return the things among what was read."""
    return [event for event in found if isinstance(event, SourceItem)]


def sample_items(slug: str) -> list[SourceItem]:
    """Return the items of a connector's sample that stand as the vendor writes them, a line each."""
    lines = (SAMPLES / slug / "items.ndjson").read_text().splitlines()
    return [SourceItem(json.loads(line), SEEN) for line in lines if line.strip()]


def records_in(connector: Connector, items: list[SourceItem]) -> dict[str, Any]:
    """Return the records that items become, the last of each (type, foreign id), by `type/foreign id`."""
    found = {}
    for item in items:
        for record in connector.translate(item).records if item.raw is not None else []:
            found[f"{record.type}/{record.foreign_id}"] = record
    return found
