"""Edit a subscriber's profile, effective at once (S-120)."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import subscriber_fact
from services.portal.domain.changes import next_change
from services.portal.domain.subscriber import Contact, Subscriber, checked_address
from services.portal.store.audit import write_audit
from services.portal.store.subscribers import find_subscriber, update_subscriber
from shared.kit.crypto import DataKeys
from shared.kit.errors import VersionMismatchError


async def change_subscriber(
    connection: AsyncConnection,
    *,
    data_keys: DataKeys,
    subscriber_id: UUID,
    given: Mapping[str, Any],
    version: int,
    actor: str,
    now: datetime,
) -> Subscriber:
    """Write the given fields over the stored ones; raise NotFoundError, VersionMismatchError or AddressUnusableError."""
    found = await find_subscriber(connection, data_keys, subscriber_id, lock=True)
    if found.version != version:
        raise VersionMismatchError
    contact = asdict(found.contact) | {name: given[name] for name in asdict(found.contact) if name in given}
    if "email" in given:
        contact["email"] = checked_address(given["email"], "email")
    edited = replace(
        found,
        name=given.get("name", found.name),
        postal_address=given.get("postal_address", found.postal_address),
        contact=Contact(**contact),
        version=found.version + 1,
        changed_at=next_change(now, found.changed_at),
    )
    await update_subscriber(connection, data_keys, edited)
    await write_audit(
        connection,
        at=now,
        actor=actor,
        action="subscriber_changed",
        thing_id=subscriber_id,
        subscriber_id=subscriber_id,
    )
    await push_fact(connection, subscriber_fact(edited))
    return edited
