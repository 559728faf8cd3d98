"""SQL of the token endpoint's signing keys."""

from dataclasses import asdict

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.domain.signing import SigningKey
from services.portal.store.tables import signing_keys


async def lock_signing_keys(connection: AsyncConnection) -> None:
    """Let processes that would make a key at the same time take turns until this transaction ends."""
    await connection.execute(text("select pg_advisory_xact_lock(7310)"))


async def list_signing_keys(connection: AsyncConnection) -> list[SigningKey]:
    """Return all keys, oldest first."""
    rows = await connection.execute(select(signing_keys).order_by(signing_keys.c.signs_from, signing_keys.c.key_id))
    return [SigningKey(**row._mapping) for row in rows.all()]


async def insert_signing_key(connection: AsyncConnection, key: SigningKey) -> None:
    """Insert a key."""
    await connection.execute(insert(signing_keys).values(asdict(key)))


async def update_signing_key(connection: AsyncConnection, key: SigningKey) -> None:
    """Write the end of a key's time."""
    await connection.execute(
        update(signing_keys)
        .where(signing_keys.c.key_id == key.key_id)
        .values(not_after=key.not_after, changed_at=key.changed_at)
    )
