"""How often a full push of all facts was asked for per service, so that every process sees the wish and none forgets it."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.store.tables import full_pushes


async def ask_full_push(connection: AsyncConnection, service: str) -> None:
    """Ask for one more full push to a service."""
    wish = insert(full_pushes).values(service=service, asked=1)
    await connection.execute(
        wish.on_conflict_do_update(index_elements=["service"], set_={"asked": full_pushes.c.asked + 1})
    )


async def count_asked(connection: AsyncConnection, service: str) -> int:
    """Return how often a full push to a service was asked for."""
    return await connection.scalar(select(full_pushes.c.asked).where(full_pushes.c.service == service)) or 0
