"""Record that a named person accepted an agreement version for a subscriber; before that nothing may be uploaded (S-052)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import subscriber_fact
from services.portal.domain.changes import next_change
from services.portal.domain.subscriber import Subscriber
from services.portal.store.audit import write_audit
from services.portal.store.subscribers import find_subscriber, insert_agreement, update_subscriber
from shared.kit.crypto import DataKeys
from shared.kit.ids import new_id


async def accept_agreement(
    connection: AsyncConnection,
    *,
    data_keys: DataKeys,
    subscriber_id: UUID,
    version: str,
    accepted_by: str,
    actor: str,
    now: datetime,
) -> Subscriber:
    """Append the acceptance and return the subscriber with it; raise NotFoundError."""
    found = await find_subscriber(connection, data_keys, subscriber_id, lock=True)
    changed_at = next_change(now, found.changed_at)
    accepted = replace(
        found,
        agreement_version=version,
        agreement_accepted_at=changed_at,
        version=found.version + 1,
        changed_at=changed_at,
    )
    await update_subscriber(connection, data_keys, accepted)
    await insert_agreement(connection, data_keys, accepted, agreement_id=new_id(), accepted_by=accepted_by, actor=actor)
    await write_audit(
        connection,
        at=now,
        actor=actor,
        action="agreement_accepted",
        thing_id=subscriber_id,
        subscriber_id=subscriber_id,
    )
    await push_fact(connection, subscriber_fact(accepted))
    return accepted
