"""The keys of row ids and content hashes: random per subscriber, sealed with its data key, so that a new key-encryption key changes no row id."""

import os
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.crypto import DataKeys, FieldCipher, derive
from shared.kit.db import Database

_FIND: Final = text("select sealed from row_keys where subscriber_id = :s")
_KEEP: Final = text("insert into row_keys (subscriber_id, sealed) values (:s, :sealed) on conflict do nothing")


@dataclass(frozen=True, slots=True)
class SubscriberKeys:
    """What one subscriber's rows are named, compared and encrypted with."""

    ids: bytes
    contents: bytes
    terms: bytes
    cipher: FieldCipher


class RowKeys:
    """Finds a subscriber's keys, making them on first use; shredding the data key shreds these too (S83)."""

    def __init__(self, data_keys: DataKeys) -> None:
        self._data_keys = data_keys
        self._cache: dict[UUID, SubscriberKeys] = {}

    async def of(self, database: Database, subscriber_id: UUID) -> SubscriberKeys:
        """Return the keys. They are made in a transaction of their own: a key that was used but not kept would lose what it encrypted."""
        if subscriber_id not in self._cache:
            try:
                async with database.transaction(subscriber_id) as connection:
                    keys = await self._load(connection, subscriber_id)
            except BaseException:
                self._data_keys.forget(subscriber_id)
                raise
            self._cache[subscriber_id] = keys
        return self._cache[subscriber_id]

    async def _load(self, connection: AsyncConnection, subscriber_id: UUID) -> SubscriberKeys:
        cipher = await self._data_keys.cipher(connection, subscriber_id)
        place = b"row_keys.sealed:" + subscriber_id.bytes
        sealed = await connection.scalar(_FIND, {"s": subscriber_id})
        if sealed is None:
            await connection.execute(_KEEP, {"s": subscriber_id, "sealed": cipher.encrypt(os.urandom(32), place)})
            sealed = await connection.scalar(_FIND, {"s": subscriber_id})
        secret = cipher.decrypt(bytes(sealed), place)
        return SubscriberKeys(derive(secret, "row_id"), derive(secret, "content"), derive(secret, "search"), cipher)
