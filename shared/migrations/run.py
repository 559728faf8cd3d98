"""Brings one service's database to the newest revision; built in code, because five alembic.ini files would say the same."""

import asyncio
import importlib
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_HERE = Path(__file__).parent
_SERVICES = _HERE.parent.parent / "services"


def config_of(service: str, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for one service's chain."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("version_locations", str(_SERVICES / service / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = importlib.import_module(f"services.{service}.store.tables").metadata
    return config


async def migrate_async(service: str, owner_url: str) -> None:
    """Upgrade within a running event loop."""
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(owner_url), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(lambda sync: command.upgrade(config_of(service, sync), "head"))
            await connection.commit()
    finally:
        await engine.dispose()


def migrate(service: str, owner_url: str) -> None:
    """Upgrade one service's database to head, as its owner role. Idempotent; a second caller waits its turn."""
    asyncio.run(migrate_async(service, owner_url))
