"""Make an API client for a subscriber; its secret is shown once and kept as a hash."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.domain.client import Client, LocationUnknownError, hash_secret, new_secret
from services.portal.store.audit import write_audit
from services.portal.store.clients import insert_client
from services.portal.store.locations import count_known
from services.portal.store.subscribers import find_subscriber
from shared.kit.crypto import DataKeys
from shared.kit.ids import new_id


async def create_client(
    connection: AsyncConnection,
    *,
    data_keys: DataKeys,
    subscriber_id: UUID,
    name: str,
    scopes: Sequence[str],
    location_ids: Sequence[UUID],
    actor: str,
    now: datetime,
) -> tuple[Client, str]:
    """Return the client and its secret (256 random bits); raise NotFoundError or LocationUnknownError."""
    await find_subscriber(connection, data_keys, subscriber_id)
    bound = list(dict.fromkeys(location_ids))
    if bound and await count_known(connection, bound) != len(bound):
        raise LocationUnknownError
    client = Client(
        subscriber_id=subscriber_id,
        client_id=new_id(),
        name=name,
        scopes=list(dict.fromkeys(scopes)),
        location_ids=bound,
        created_at=now,
        revoked_at=None,
    )
    secret = new_secret()
    await insert_client(connection, client, secret_hash=hash_secret(secret))
    await write_audit(
        connection, at=now, actor=actor, action="client_created", thing_id=client.client_id, subscriber_id=subscriber_id
    )
    return client, secret
