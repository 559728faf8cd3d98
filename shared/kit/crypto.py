"""Encryption of personal fields, keyed row ids and content hashes (architecture 5; S80, S81, S83)."""

import hmac
import os
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from shared.kit.db import Database

_NONCE: Final = 12


class UndecryptableError(Exception):
    """The ciphertext is not ours, was moved to another row, or its data key was shredded."""


def derive(secret: bytes, purpose: str) -> bytes:
    """Return a 32-octet key for one purpose (HKDF-Expand, RFC 5869 2.3), so that no key serves two."""
    return HKDFExpand(algorithm=hashes.SHA256(), length=32, info=f"dueback.{purpose}".encode()).derive(secret)


class FieldCipher:
    """AES-256-GCM with one subscriber's data key. Layout: key number (1), nonce (12), ciphertext and tag."""

    def __init__(self, key_number: int, key: bytes) -> None:
        self._prefix = bytes([key_number])
        self._cipher = AESGCM(key)

    def encrypt(self, plain: bytes, place: bytes) -> bytes:
        """Encrypt for one place: `place` is `table.column:row id`, so that a value moved elsewhere no longer opens."""
        nonce = os.urandom(_NONCE)
        return self._prefix + nonce + self._cipher.encrypt(nonce, plain, place)

    def decrypt(self, sealed: bytes, place: bytes) -> bytes:
        """Return the plain text or raise UndecryptableError."""
        if sealed[:1] != self._prefix:
            raise UndecryptableError
        try:
            return self._cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], place)
        except InvalidTag:
            raise UndecryptableError from None


def keyed_id(key: bytes, *parts: str | UUID) -> UUID:
    """Return a stable id of these parts (HMAC-SHA-256 as UUIDv8): known before the row exists, unguessable without the key.

    Each part goes in with its length and kind in front, so that parts cannot run into each other.
    """
    digest = hmac.digest(key, b"".join(map(_framed, parts)), "sha256")
    return UUID(int=int.from_bytes(digest[:16], "big") & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)


def _framed(part: str | UUID) -> bytes:
    if isinstance(part, UUID):
        return b"\xff" + part.bytes
    octets = part.encode()
    return b"\x00" + len(octets).to_bytes(4, "big") + octets


def keyed_hash(key: bytes, content: bytes) -> bytes:
    """Return 16 octets that tell whether content changed without telling what it is."""
    return hmac.digest(key, content, "sha256")[:16]


class DataKeys:
    """Data keys per subscriber, wrapped by a key-encryption key, kept in table `data_keys`. Deleting the row shreds (S83)."""

    def __init__(self, kek: bytes) -> None:
        if len(kek) != 32:
            raise ValueError("a key-encryption key has 32 octets")
        self._wrap = AESGCM(derive(kek, "wrap"))
        self._cache: dict[UUID, FieldCipher] = {}

    async def cipher(self, connection: AsyncConnection, subscriber_id: UUID) -> FieldCipher:
        """Return the subscriber's cipher, making its key on first use. The connection's context must cover the subscriber.

        Remembered once it is certainly kept: the transaction that made a key may still be rolled back.
        """
        if subscriber_id in self._cache:
            return self._cache[subscriber_id]
        cipher, is_kept = await self._load(connection, subscriber_id)
        if is_kept:
            self._cache[subscriber_id] = cipher
        return cipher

    async def of(self, database: "Database", subscriber_id: UUID) -> FieldCipher:
        """Return the subscriber's cipher, made in a transaction of its own: for what is encrypted before the transaction that keeps it begins."""
        async with database.transaction(subscriber_id) as connection:
            return await self.cipher(connection, subscriber_id)

    async def _load(self, connection: AsyncConnection, subscriber_id: UUID) -> tuple[FieldCipher, bool]:
        place = b"data_keys.wrapped:" + subscriber_id.bytes
        # What this very transaction, or one of its savepoints, wrote has no age yet.
        find = text(
            "select wrapped, age(xmin) > 0 as is_kept from data_keys where subscriber_id = :s and key_number = 1"
        )
        found = (await connection.execute(find, {"s": subscriber_id})).first()
        if found is None:
            nonce = os.urandom(_NONCE)
            made = nonce + self._wrap.encrypt(nonce, os.urandom(32), place)
            await connection.execute(
                text(
                    "insert into data_keys (subscriber_id, key_number, wrapped) values (:s, 1, :w) on conflict do nothing"
                ),
                {"s": subscriber_id, "w": made},
            )
            found = (await connection.execute(find, {"s": subscriber_id})).one()
        wrapped = bytes(found.wrapped)
        try:
            return FieldCipher(1, self._wrap.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], place)), bool(found.is_kept)
        except InvalidTag:
            raise UndecryptableError from None

    def forget(self, subscriber_id: UUID) -> None:
        """Drop a cached key after its row was deleted."""
        self._cache.pop(subscriber_id, None)
