"""Rotate the signing key with overlap: the new one is known everywhere before it signs, the old one verifies until its last token is gone (S82)."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.make_signing_key import make_signing_key
from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import key_fact
from services.portal.domain.changes import next_change
from services.portal.domain.signing import AFTERLIFE, HEAD_START, SigningKey
from services.portal.store.signing_keys import list_signing_keys, lock_signing_keys, update_signing_key
from shared.kit.crypto import FieldCipher


async def rotate_signing_key(connection: AsyncConnection, *, cipher: FieldCipher, now: datetime) -> SigningKey:
    """Make the successor, which signs a minute from now, and end the time of its predecessors; return the successor."""
    await lock_signing_keys(connection)
    signs_from = now + HEAD_START
    for key in await list_signing_keys(connection):
        if key.not_after is None:
            ending = replace(key, not_after=signs_from + AFTERLIFE, changed_at=next_change(now, key.changed_at))
            await update_signing_key(connection, ending)
            await push_fact(connection, key_fact(ending))
    return await make_signing_key(connection, cipher=cipher, signs_from=signs_from, now=now)
