"""Making the pair of keys a sender domain begins or rotates with: RSA for every receiver, Ed25519 beside it (L-051)."""

import asyncio
import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.sealing import key_place
from services.mailer.domain.sender_domain import Algorithm, SenderKey
from services.mailer.smtp.dkim import make_key
from services.mailer.store.sender_domains import SealedKey, add_keys
from shared.kit.crypto import DataKeys

_LETTERS: Final[tuple[tuple[Algorithm, str], ...]] = (("rsa", "r"), ("ed25519", "e"))


async def make_sender_keys(
    connection: AsyncConnection, *, subscriber_id: UUID, domain: str, keys: DataKeys, now: datetime
) -> None:
    """Store two pending keys under new selectors. A selector is never used twice, so that no resolver has an old answer for it; random, so
    that two subscribers of one domain never meet."""
    cipher = await keys.cipher(connection, subscriber_id)
    stem = f"db{secrets.token_hex(5)}"
    new = []
    for algorithm, letter in _LETTERS:
        made = await asyncio.to_thread(make_key, algorithm)
        selector = f"{stem}{letter}"
        key = SenderKey(selector, algorithm, made.public, "pending", now)
        new.append(SealedKey(key, cipher.encrypt(made.private, key_place(subscriber_id, domain, selector))))
    await add_keys(connection, subscriber_id, domain, new)
