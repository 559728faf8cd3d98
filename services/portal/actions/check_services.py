"""Ask all five services how they stand, for the status page."""

import asyncio
from collections.abc import Iterable

from services.portal.clients.downhill import Downhill, Standing
from shared.kit.db import Database
from shared.kit.epoch import is_on_hold
from shared.kit.logs import log


async def check_services(database: Database, *, services: Iterable[Downhill]) -> list[Standing]:
    """Return how each service stands, portal last; asks side by side and waits at most a second for any."""
    others = await asyncio.gather(*(service.standing() for service in services))
    return [*others, await _own(database)]


async def _own(database: Database) -> Standing:
    try:
        async with database.transaction() as connection:
            return Standing("portal", ready=True, on_hold=await is_on_hold(connection))
    except Exception as error:
        # Whatever ails the database, a status page says so instead of failing.
        log("portal.status").warning("own_database_silent", exc_info=error)
        return Standing("portal", ready=False, on_hold=None)
