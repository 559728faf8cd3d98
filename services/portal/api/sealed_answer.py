"""Seals a subscriber as it was first answered, because the table of repeated requests keeps answers and must show no contact data (S79)."""

from base64 import b64decode, b64encode
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.crypto import DataKeys
from shared.kit.db import set_subscriber
from shared.schemas.portal import Subscriber

_PLACE: Final = b"idempotency.body:"


class _Sealed(BaseModel):
    subscriber_id: UUID
    sealed: str


class SealedSubscriber:
    """How a subscriber is kept for a repeat: under the subscriber's own key, beside the id that finds the key."""

    def __init__(self, data_keys: DataKeys) -> None:
        self._keys = data_keys

    async def close(self, connection: AsyncConnection, made: Subscriber) -> str:
        """Return what is stored; the context is the subscriber's."""
        cipher = await self._keys.cipher(connection, made.subscriber_id)
        sealed = cipher.encrypt(made.model_dump_json().encode(), _PLACE + made.subscriber_id.bytes)
        return _Sealed(subscriber_id=made.subscriber_id, sealed=b64encode(sealed).decode()).model_dump_json()

    async def open(self, connection: AsyncConnection, stored: str) -> str:
        """Return the first answer; enters the subscriber's context, whose key is needed."""
        kept = _Sealed.model_validate_json(stored)
        await set_subscriber(connection, kept.subscriber_id)
        cipher = await self._keys.cipher(connection, kept.subscriber_id)
        return cipher.decrypt(b64decode(kept.sealed), _PLACE + kept.subscriber_id.bytes).decode()
