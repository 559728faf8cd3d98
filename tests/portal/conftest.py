"""Portal opened for a test, and a stand-in for a service below it: a real kit application over a real database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from shared.kit.app import create_app
from shared.kit.auth import Verifier
from shared.kit.clock import ManualClock
from shared.kit.db import Database
from shared.kit.directory import read_directory
from shared.kit.epoch import renew_epoch
from shared.kit.http import ASGITransport, AsyncClient
from shared.schemas.access import RevokedClient, VerificationKey
from shared.schemas.location import LocationFacts, SubscriberFacts
from tests.fixtures.database import MakeDatabase
from tests.fixtures.services import SERVICE_KEYS, Neighbours, OpenService, public_key
from tests.portal.steps import Portal, token_of_operator

FACTS: dict[str, type[BaseModel]] = {
    "subscriber": SubscriberFacts,
    "location": LocationFacts,
    "verification_key": VerificationKey,
    "revoked_client": RevokedClient,
}


@dataclass(frozen=True)
class Below:
    """A service below portal that keeps facts and knows callers."""

    name: str
    database: Database
    clock: ManualClock

    async def facts(self, kind: str) -> list[dict[str, Any]]:
        """Return the bodies it keeps of a kind."""
        async with self.database.transaction() as connection:
            return await read_directory(connection, kind)

    def verifier(self) -> Verifier:
        """Return a verifier that has read nothing yet."""
        keys = {name: public_key(key) for name, key in SERVICE_KEYS.items()}
        return Verifier(self.name, self.database, self.clock, keys)


@pytest.fixture
async def portal(neighbours: Neighbours) -> Portal:
    """Open portal and sign the operator in."""
    opened = await neighbours.open("portal")
    return Portal(opened, await token_of_operator(opened))


@pytest.fixture
async def below(
    neighbours: Neighbours, make_database: MakeDatabase, clock: ManualClock
) -> AsyncIterator[Callable[[str], Awaitable[Below]]]:
    """Return an opener of stand-ins; portal reaches them from then on."""
    stack = AsyncExitStack()

    async def open_below(name: str) -> Below:
        clone = make_database("portal")
        database = Database(clone.api, application=f"test-{name}")
        stack.push_async_callback(database.close)
        async with database.transaction() as connection:
            await renew_epoch(connection)
        made = Below(name, database, clock)
        deps: Any = SimpleNamespace(api_db=database, verifier=made.verifier(), clock=clock)
        app = create_app(service=name, deps=deps, routers=[], facts=FACTS)
        http = await stack.enter_async_context(
            AsyncClient(transport=ASGITransport(app=app), base_url=f"http://{name}.internal")
        )
        neighbours.opened[name] = OpenService(name, None, deps, app, clone, http)
        return made

    async with stack:
        yield open_below
