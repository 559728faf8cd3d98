"""SQL of locations."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.domain.location import Location
from services.portal.store.tables import locations
from shared.kit.errors import NotFoundError


async def find_location(connection: AsyncConnection, location_id: UUID, *, lock: bool = False) -> Location:
    """Return a location of this context, locked for an edit if wanted; raise NotFoundError, for foreign ids too."""
    query = select(locations).where(locations.c.location_id == location_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        raise NotFoundError
    return Location(**row._mapping)


async def find_owner(connection: AsyncConnection, location_id: UUID) -> UUID:
    """Return the subscriber of a location, looked for in all subscribers (worker role); raise NotFoundError."""
    owner = await connection.scalar(select(locations.c.subscriber_id).where(locations.c.location_id == location_id))
    if owner is None:
        raise NotFoundError
    return UUID(str(owner))


async def list_locations(
    connection: AsyncConnection, *, subscriber_id: UUID | None, after: UUID | None, limit: int
) -> list[Location]:
    """Return up to `limit` locations by id; of one subscriber, or of all as the worker role."""
    query = select(locations).order_by(locations.c.location_id).limit(limit)
    if subscriber_id is not None:
        query = query.where(locations.c.subscriber_id == subscriber_id)
    if after is not None:
        query = query.where(locations.c.location_id > after)
    return [Location(**row._mapping) for row in (await connection.execute(query)).all()]


async def count_known(connection: AsyncConnection, location_ids: list[UUID]) -> int:
    """Return how many of these distinct ids are locations of this context."""
    rows = await connection.execute(select(locations.c.location_id).where(locations.c.location_id.in_(location_ids)))
    return len(rows.all())


async def insert_location(connection: AsyncConnection, location: Location) -> None:
    """Insert a location."""
    await connection.execute(insert(locations).values(asdict(location)))


async def update_location(connection: AsyncConnection, location: Location) -> None:
    """Write an edited location back; the caller holds its row."""
    await connection.execute(
        update(locations)
        .where(locations.c.subscriber_id == location.subscriber_id, locations.c.location_id == location.location_id)
        .values(asdict(location))
    )
