"""Finds the names on the page; without them, or without a database, the page still works."""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.kit.db import Database
from shared.kit.directory import find_fact
from shared.kit.logs import log
from shared.schemas.location import LocationFacts, SubscriberFacts

_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as far as we still know; `language` is what the location speaks."""

    business: str | None = None
    location: str | None = None
    language: str = "en"


async def show_sender(database: Database, *, subscriber_id: UUID, location_id: UUID) -> Sender:
    """Return the names of business and location. A business that is gone, or a database that is down, leaves them empty (S-030)."""
    try:
        async with asyncio.timeout(_SECONDS), database.transaction() as connection:
            subscriber = await find_fact(connection, "subscriber", subscriber_id, SubscriberFacts)
            location = await find_fact(connection, "location", location_id, LocationFacts)
    except Exception as error:
        log("optout.page").warning("names_unreadable", exc_info=error)
        return Sender()
    return Sender(
        business=subscriber.name if subscriber else (location.name if location else None),
        location=location.name if location else None,
        language=location.language if location else "en",
    )
