"""Add a place to a subscriber; it starts in onboarding (S-074)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import location_fact
from services.portal.domain.location import Location, checked_mailboxes
from services.portal.store.audit import write_audit
from services.portal.store.locations import insert_location
from services.portal.store.subscribers import find_subscriber
from shared.kit.crypto import DataKeys
from shared.kit.ids import new_id


async def create_location(
    connection: AsyncConnection,
    *,
    data_keys: DataKeys,
    subscriber_id: UUID,
    given: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> Location:
    """Insert a location from LocationInput's fields (JSON values); raise NotFoundError or AddressUnusableError."""
    await find_subscriber(connection, data_keys, subscriber_id)
    location = Location(
        **checked_mailboxes(given),
        subscriber_id=subscriber_id,
        location_id=new_id(),
        state="onboarding",
        live_at=None,
        version=1,
        created_at=now,
        changed_at=now,
    )
    await insert_location(connection, location)
    await write_audit(
        connection,
        at=now,
        actor=actor,
        action="location_created",
        thing_id=location.location_id,
        subscriber_id=subscriber_id,
    )
    await push_fact(connection, location_fact(location))
    return location
