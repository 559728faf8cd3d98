"""SQL of subscribers and their agreements; contact data is encrypted with the subscriber's own key on the way in."""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.domain.subscriber import Contact, Subscriber
from services.portal.store.tables import agreements, subscribers
from shared.kit.crypto import DataKeys
from shared.kit.errors import NotFoundError


def _place(subscriber_id: UUID) -> bytes:
    return b"subscribers.contact:" + subscriber_id.bytes


def _selected() -> Select[Any]:
    latest = (
        select(agreements.c.version.label("agreement_version"), agreements.c.accepted_at.label("agreement_accepted_at"))
        .where(agreements.c.subscriber_id == subscribers.c.subscriber_id)
        .order_by(agreements.c.accepted_at.desc(), agreements.c.agreement_id.desc())
        .limit(1)
        .lateral()
    )
    return select(subscribers, latest).select_from(subscribers.outerjoin(latest, true()))


async def _read(connection: AsyncConnection, keys: DataKeys, row: Row[Any]) -> Subscriber:
    values = dict(row._mapping)
    cipher = await keys.cipher(connection, values["subscriber_id"])
    values["contact"] = Contact(**json.loads(cipher.decrypt(values["contact"], _place(values["subscriber_id"]))))
    return Subscriber(**values)


async def find_subscriber(
    connection: AsyncConnection, keys: DataKeys, subscriber_id: UUID, *, lock: bool = False
) -> Subscriber:
    """Return a subscriber of this context, locked for an edit if wanted; raise NotFoundError."""
    query = _selected().where(subscribers.c.subscriber_id == subscriber_id)
    row = (await connection.execute(query.with_for_update(of=subscribers) if lock else query)).first()
    if row is None:
        raise NotFoundError
    return await _read(connection, keys, row)


async def list_subscribers(
    connection: AsyncConnection, keys: DataKeys, *, after: UUID | None, limit: int
) -> list[Subscriber]:
    """Return up to `limit` subscribers in the order of their ids; over all subscribers as the worker role."""
    query = _selected().order_by(subscribers.c.subscriber_id).limit(limit)
    if after is not None:
        query = query.where(subscribers.c.subscriber_id > after)
    return [await _read(connection, keys, row) for row in (await connection.execute(query)).all()]


async def insert_subscriber(connection: AsyncConnection, keys: DataKeys, subscriber: Subscriber) -> None:
    """Insert a subscriber; the context must be its own."""
    await connection.execute(insert(subscribers).values(await _row(connection, keys, subscriber)))


async def update_subscriber(connection: AsyncConnection, keys: DataKeys, subscriber: Subscriber) -> None:
    """Write an edited subscriber back; the caller holds its row."""
    row = await _row(connection, keys, subscriber)
    await connection.execute(
        update(subscribers).where(subscribers.c.subscriber_id == subscriber.subscriber_id).values(row)
    )


async def _row(connection: AsyncConnection, keys: DataKeys, subscriber: Subscriber) -> dict[str, Any]:
    cipher = await keys.cipher(connection, subscriber.subscriber_id)
    contact = json.dumps(asdict(subscriber.contact)).encode()
    return {
        "subscriber_id": subscriber.subscriber_id,
        "name": subscriber.name,
        "contact": cipher.encrypt(contact, _place(subscriber.subscriber_id)),
        "postal_address": dict(subscriber.postal_address),
        "active": subscriber.active,
        "version": subscriber.version,
        "created_at": subscriber.created_at,
        "changed_at": subscriber.changed_at,
    }


async def insert_agreement(
    connection: AsyncConnection,
    keys: DataKeys,
    subscriber: Subscriber,
    *,
    agreement_id: UUID,
    accepted_by: str,
    actor: str,
) -> None:
    """Append the acceptance that the subscriber now carries: who accepted, which version, when, through which credential (S-052)."""
    cipher = await keys.cipher(connection, subscriber.subscriber_id)
    await connection.execute(
        insert(agreements).values(
            subscriber_id=subscriber.subscriber_id,
            agreement_id=agreement_id,
            version=subscriber.agreement_version,
            accepted_by=cipher.encrypt(accepted_by.encode(), b"agreements.accepted_by:" + agreement_id.bytes),
            accepted_at=subscriber.agreement_accepted_at,
            actor=actor,
        )
    )
