"""A database put back as it was, and the service opened on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from shared.kit.http import ASGITransport, AsyncClient
from tests.fixtures.database import ServiceDatabase
from tests.optout.conftest import Clinic


@asynccontextmanager
async def copied(database: ServiceDatabase, name: str) -> AsyncIterator[Any]:
    """Copy a database file by file, as a backup does; yield a function that puts the copy in the original's place."""
    admin = await asyncpg.connect(database.superuser.replace(f"/{database.name}", "/postgres"))

    async def close(which: str) -> None:
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", which)

    async def put_back() -> None:
        await admin.execute(f"alter database {database.name} allow_connections false")
        await close(database.name)
        await admin.execute(f"alter database {database.name} rename to {name}_lost")
        await admin.execute(f"alter database {name} rename to {database.name}")

    try:
        await close(database.name)
        await admin.execute(f"create database {name} template {database.name}")
        yield put_back
    finally:
        await admin.execute(f"drop database if exists {name} with (force)")
        await admin.execute(f"drop database if exists {name}_lost with (force)")
        await admin.close()


def face_of(clinic: Clinic, deps: Any) -> AsyncClient:
    """Return a client of the service that was opened on a restored database."""
    return AsyncClient(
        transport=ASGITransport(app=clinic.service.module.create_app(deps)), base_url="http://optout.internal"
    )
