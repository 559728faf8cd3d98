"""What delivering reads: contents by id, and locations with their subscribers from the pushed facts."""

import json
from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.contents import CompiledContent, ContentHead
from services.mailer.store.tables import contents
from shared.kit.db import RawConnection
from shared.schemas.location import LocationFacts, SubscriberFacts

_LOCATIONS = text("""
select l.body as location, s.body as subscriber from directory l
left join directory s on s.kind = 'subscriber' and s.id = l.body ->> 'subscriber_id'
where l.kind = 'location' and l.id = any (cast(:ids as text[]))
""")
_PLACES = text("select body from directory where kind = 'location' and body ->> 'subscriber_id' = :s")


_LOCATION_OF: Final = """
select l.body from messages m join directory l on l.kind = 'location' and l.id = m.location_id::text
where m.subscriber_id = $1 and m.message_id = $2
"""


async def find_location_of(connection: RawConnection, subscriber_id: UUID, message_id: UUID) -> LocationFacts | None:
    """Return the present facts of the location that a message speaks for, or None."""
    body = await connection.fetchval(_LOCATION_OF, subscriber_id, message_id)
    try:
        return LocationFacts.model_validate(body) if body else None
    except ValidationError:
        return None


async def find_contents(connection: AsyncConnection, content_ids: Collection[UUID]) -> dict[UUID, CompiledContent]:
    """Return the contents there are."""
    if not content_ids:
        return {}
    rows = await connection.execute(select(contents).where(contents.c.content_id.in_(content_ids)))
    return {
        row.content_id: CompiledContent(
            row.language, row.message_class, row.subject, row.text, row.html, tuple(row.fields)
        )
        for row in rows
    }


async def find_locations(
    connection: AsyncConnection, location_ids: Collection[UUID]
) -> dict[UUID, tuple[LocationFacts, SubscriberFacts | None]]:
    """Return the present facts of these locations and of their subscribers."""
    rows = await connection.execute(_LOCATIONS, {"ids": [str(location_id) for location_id in location_ids]})
    found = {}
    for row in rows:
        try:
            location = LocationFacts.model_validate(_json(row.location))
            subscriber = SubscriberFacts.model_validate(_json(row.subscriber)) if row.subscriber else None
        except ValidationError:
            continue  # one unreadable location holds its own mail (recheck), not the whole batch
        found[location.location_id] = (location, subscriber)
    return found


async def find_heads(connection: AsyncConnection, content_ids: Collection[UUID]) -> dict[UUID, ContentHead]:
    """Return what accepting needs to know of these contents."""
    part = contents.c
    wanted = select(part.content_id, part.subscriber_id, part.message_class, part.fields, part.shown_fields)
    rows = await connection.execute(wanted.where(part.content_id.in_(content_ids)))
    return {
        row.content_id: ContentHead(
            row.subscriber_id,
            row.message_class,
            tuple(row.fields),
            None if row.shown_fields is None else tuple(row.shown_fields),
        )
        for row in rows
    }


async def find_places(connection: AsyncConnection, subscriber_id: UUID) -> list[LocationFacts]:
    """Return the present facts of all locations of a subscriber, whatever their state."""
    rows = await connection.execute(_PLACES, {"s": str(subscriber_id)})
    return [LocationFacts.model_validate(_json(row.body)) for row in rows]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
