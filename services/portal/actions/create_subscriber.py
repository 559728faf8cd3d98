"""Take in a subscriber: its record and the fact that goes downhill."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import subscriber_fact
from services.portal.domain.subscriber import Contact, Subscriber, checked_address
from services.portal.store.audit import write_audit
from services.portal.store.subscribers import insert_subscriber
from shared.kit.crypto import DataKeys
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id


async def create_subscriber(
    connection: AsyncConnection, *, data_keys: DataKeys, given: Mapping[str, Any], actor: str, now: datetime
) -> Subscriber:
    """Insert a subscriber from the fields of S-070 (JSON values); raise AddressUnusableError."""
    subscriber = Subscriber(
        subscriber_id=new_id(),
        name=given["name"],
        contact=Contact(
            contact_name=given["contact_name"],
            phone=given["phone"],
            fax=given["fax"],
            email=checked_address(given["email"], "email"),
        ),
        postal_address=given["postal_address"],
        active=True,
        version=1,
        created_at=now,
        changed_at=now,
    )
    await set_subscriber(connection, subscriber.subscriber_id)
    await insert_subscriber(connection, data_keys, subscriber)
    await write_audit(
        connection,
        at=now,
        actor=actor,
        action="subscriber_created",
        thing_id=subscriber.subscriber_id,
        subscriber_id=subscriber.subscriber_id,
    )
    await push_fact(connection, subscriber_fact(subscriber))
    return subscriber
