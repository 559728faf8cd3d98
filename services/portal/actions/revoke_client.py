"""Revoke an API client: no new token from now on, and its live tokens are refused everywhere within 10 s (S12)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import revocation_fact
from services.portal.domain.client import Client
from services.portal.store.audit import write_audit
from services.portal.store.clients import mark_revoked


async def revoke_client(
    connection: AsyncConnection, *, subscriber_id: UUID, client_id: UUID, actor: str, now: datetime
) -> Client:
    """Revoke and return the client; a second time changes nothing. Raises NotFoundError."""
    client = await mark_revoked(connection, subscriber_id=subscriber_id, client_id=client_id, at=now)
    if client.revoked_at == now:
        await write_audit(
            connection, at=now, actor=actor, action="client_revoked", thing_id=client_id, subscriber_id=subscriber_id
        )
        await push_fact(connection, revocation_fact(client))
    return client
