"""Edit a location; a live one cannot be edited into something that may not be live (S-074, S-120)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import location_fact
from services.portal.domain.changes import next_change
from services.portal.domain.location import Location, checked_mailboxes
from services.portal.domain.onboarding import check_complete
from services.portal.store.audit import write_audit
from services.portal.store.locations import find_location, update_location
from services.portal.store.subscribers import find_subscriber
from shared.kit.crypto import DataKeys
from shared.kit.errors import VersionMismatchError


async def change_location(
    connection: AsyncConnection,
    *,
    data_keys: DataKeys,
    location_id: UUID,
    given: Mapping[str, Any],
    version: int,
    actor: str,
    now: datetime,
) -> Location:
    """Write the given fields over the stored ones.

    Raises NotFoundError, VersionMismatchError, AddressUnusableError, or LocationIncompleteError for a live location.
    """
    found = await find_location(connection, location_id, lock=True)
    if found.version != version:
        raise VersionMismatchError
    edited = replace(
        found, **checked_mailboxes(given), version=found.version + 1, changed_at=next_change(now, found.changed_at)
    )
    if edited.state == "live":
        subscriber = await find_subscriber(connection, data_keys, edited.subscriber_id)
        check_complete(edited, agreement_version=subscriber.agreement_version)
    await update_location(connection, edited)
    await write_audit(
        connection,
        at=now,
        actor=actor,
        action="location_changed",
        thing_id=location_id,
        subscriber_id=edited.subscriber_id,
    )
    await push_fact(connection, location_fact(edited))
    return edited
