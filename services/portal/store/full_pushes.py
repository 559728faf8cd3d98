"""How often a full push of all facts was asked for per service, so that every process sees the wish and none forgets it."""

from typing import Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.store.tables import full_pushes
from shared.kit.db import Database

_ASKED: Final = "select asked from full_pushes where service = $1"


async def ask_full_push(connection: AsyncConnection, service: str) -> None:
    """Ask for one more full push to a service."""
    wish = insert(full_pushes).values(service=service, asked=1)
    await connection.execute(
        wish.on_conflict_do_update(index_elements=["service"], set_={"asked": full_pushes.c.asked + 1})
    )


async def count_asked(database: Database, service: str) -> int:
    """Return how often a full push to a service was asked for."""
    return int(await database.glance(_ASKED, service) or 0)
