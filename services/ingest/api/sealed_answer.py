"""How an answer that names a person is kept for a repeat of its request: sealed with the subscriber's own key, so that nobody reads it at rest."""

import base64
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.row_keys import SubscriberKeys

_PLACE = b"idempotency.body:"


@dataclass(frozen=True, slots=True)
class SealedAnswer:
    """Seals with these keys; destroying the data key shreds the answer too (S83)."""

    keys: SubscriberKeys

    async def close(self, _: AsyncConnection, made: Any, /) -> str:
        """Return the text that is stored."""
        return base64.b64encode(self.keys.cipher.encrypt(made.model_dump_json().encode(), _PLACE)).decode()

    async def open(self, _: AsyncConnection, stored: str, /) -> str:
        """Return the JSON that was answered first."""
        return self.keys.cipher.decrypt(base64.b64decode(stored), _PLACE).decode()
