"""SQL of API clients; a secret is only ever here as its hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.domain.client import Client, KnownClient
from services.portal.store.tables import clients, subscribers
from shared.kit.errors import NotFoundError

_SHOWN = [column for column in clients.c if column.name != "secret_hash"]


async def find_known_client(connection: AsyncConnection, client_id: UUID) -> KnownClient | None:
    """Return what the token endpoint needs of a client of any subscriber (worker role), or None."""
    query = (
        select(clients, subscribers.c.active)
        .join(subscribers, subscribers.c.subscriber_id == clients.c.subscriber_id)
        .where(clients.c.client_id == client_id)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    return KnownClient(
        client_id=row.client_id,
        secret_hash=bytes(row.secret_hash),
        scopes=tuple(row.scopes),
        usable=row.active and row.revoked_at is None,
        subscriber_id=row.subscriber_id,
        location_ids=tuple(row.location_ids),
    )


async def insert_client(connection: AsyncConnection, client: Client, *, secret_hash: bytes) -> None:
    """Insert a client."""
    await connection.execute(
        insert(clients).values(
            subscriber_id=client.subscriber_id,
            client_id=client.client_id,
            name=client.name,
            scopes=list(client.scopes),
            location_ids=list(client.location_ids),
            secret_hash=secret_hash,
            created_at=client.created_at,
            revoked_at=None,
        )
    )


async def list_clients(
    connection: AsyncConnection, *, subscriber_id: UUID, after: UUID | None, limit: int
) -> list[Client]:
    """Return up to `limit` clients of a subscriber by id, revoked ones too."""
    query = select(*_SHOWN).where(clients.c.subscriber_id == subscriber_id).order_by(clients.c.client_id).limit(limit)
    if after is not None:
        query = query.where(clients.c.client_id > after)
    return [Client(**row._mapping) for row in (await connection.execute(query)).all()]


async def list_revoked(connection: AsyncConnection, *, after: UUID | None, limit: int) -> list[Client]:
    """Return up to `limit` revoked clients of all subscribers by id (worker role)."""
    query = select(*_SHOWN).where(clients.c.revoked_at.is_not(None)).order_by(clients.c.client_id).limit(limit)
    if after is not None:
        query = query.where(clients.c.client_id > after)
    return [Client(**row._mapping) for row in (await connection.execute(query)).all()]


async def mark_revoked(connection: AsyncConnection, *, subscriber_id: UUID, client_id: UUID, at: datetime) -> Client:
    """Set the instant of revocation unless one stands; return the client; raise NotFoundError."""
    which = (clients.c.subscriber_id == subscriber_id, clients.c.client_id == client_id)
    await connection.execute(update(clients).where(*which, clients.c.revoked_at.is_(None)).values(revoked_at=at))
    row = (await connection.execute(select(*_SHOWN).where(*which))).first()
    if row is None:
        raise NotFoundError
    return Client(**row._mapping)
