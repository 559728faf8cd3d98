"""A database that holds plumbing's tables and nothing else."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from deploy.local.databases import provision_service
from deploy.local.names import PARTS, role_name
from shared.kit.app import create_app
from shared.kit.auth import Verifier
from shared.kit.clock import ManualClock
from shared.kit.db import Database
from shared.kit.epoch import renew_epoch
from shared.kit.http import ASGITransport, AsyncClient
from shared.migrations.kit import add_cleaning, create_kit_tables
from shared.schemas.access import RevokedClient, VerificationKey
from tests.conftest import SERVER_VARIABLE
from tests.fixtures.clocks import MONDAY_MORNING
from tests.shared.things import PORTAL, SERVICE_SEED, Deps, push_fact, things_router

_PASSWORDS = {role_name("portal", part): f"test-portal-{part}-password" for part in PARTS}


def _create(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        create_kit_tables("portal")
        add_cleaning("portal")


@pytest.fixture
async def urls() -> AsyncIterator[tuple[str, str]]:
    """Return the URLs of the `_api` and `_worker` roles of a fresh database."""
    server, prefix = os.environ[SERVER_VARIABLE], f"kit{uuid4().hex[:12]}"
    made = await asyncio.to_thread(provision_service, server, "portal", _PASSWORDS, prefix)
    engine = create_async_engine(made.owner.replace("postgresql://", "postgresql+asyncpg://"), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_create)
    await engine.dispose()
    yield made.api, made.worker
    admin = await asyncpg.connect(server)
    await admin.execute(f"drop database {prefix}_portal with (force)")
    await admin.close()


@pytest.fixture
async def api(urls: tuple[str, str]) -> AsyncIterator[Database]:
    """Return the `_api` role's way in, with an epoch."""
    database = Database(urls[0], application="test")
    async with database.transaction() as connection:
        await renew_epoch(connection)
    yield database
    await database.close()


@pytest.fixture
async def worker(urls: tuple[str, str], api: Database) -> AsyncIterator[Database]:
    """Return the `_worker` role's way in."""
    database = Database(urls[1], application="test")
    yield database
    await database.close()


@pytest.fixture
async def deps(api: Database) -> Deps:
    """Return Deps whose verifier knows one service key."""
    keys = {"mailer": Ed25519PrivateKey.from_private_bytes(SERVICE_SEED).public_key().public_bytes_raw()}
    keys["portal"] = keys["mailer"]
    clock = ManualClock(MONDAY_MORNING)
    return Deps(api, Verifier("things", api, clock, keys), clock)


@pytest.fixture
async def http(deps: Deps) -> AsyncIterator[AsyncClient]:
    """Return a client of the small application, with portal's key pushed."""
    app = create_app(
        service="things",
        deps=deps,
        routers=[things_router()],
        facts={"verification_key": VerificationKey, "revoked_client": RevokedClient},
        most_requests=5,
    )
    async with AsyncClient(
        transport=ASGITransport(app=app, raise_app_exceptions=False), base_url="http://things"
    ) as client:
        public = base64.b64encode(PORTAL.public_key().public_bytes_raw()).decode()
        await push_fact(client, "verification_key", "k1", {"key_id": "k1", "public_key": public})
        yield client
