"""See to it that there is a signing key: the first start makes it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.make_signing_key import make_signing_key
from services.portal.store.signing_keys import list_signing_keys, lock_signing_keys
from shared.kit.crypto import FieldCipher


async def ensure_signing_key(connection: AsyncConnection, *, cipher: FieldCipher, now: datetime) -> None:
    """Make the first key unless there is one; two processes starting together make one."""
    await lock_signing_keys(connection)
    if not await list_signing_keys(connection):
        await make_signing_key(connection, cipher=cipher, signs_from=now, now=now)
