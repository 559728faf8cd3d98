"""Make a signing key of the token endpoint; the private half is encrypted before it meets the database."""

from datetime import datetime
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import key_fact
from services.portal.domain.signing import SigningKey
from services.portal.store.signing_keys import insert_signing_key
from shared.kit.crypto import FieldCipher


async def make_signing_key(
    connection: AsyncConnection, *, cipher: FieldCipher, signs_from: datetime, now: datetime
) -> SigningKey:
    """Insert a key that signs from an instant on, and push its public half."""
    private = Ed25519PrivateKey.generate()
    key_id = uuid4().hex
    key = SigningKey(
        key_id=key_id,
        public_key=private.public_key().public_bytes_raw(),
        private_key=cipher.encrypt(private.private_bytes_raw(), b"signing_keys.private_key:" + key_id.encode()),
        signs_from=signs_from,
        not_after=None,
        changed_at=now,
    )
    await insert_signing_key(connection, key)
    await push_fact(connection, key_fact(key))
    return key
