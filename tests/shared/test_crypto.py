"""Field encryption, keyed ids and hashes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.crypto import DataKeys, FieldCipher, UndecryptableError, derive, keyed_hash, keyed_id
from shared.kit.db import Database

CIPHER = FieldCipher(1, b"k" * 32)


@given(st.binary(max_size=300))
def test_a_field_opens_in_its_own_place_only(plain: bytes) -> None:
    """S80: a ciphertext swapped to another row, column or key does not open."""
    sealed = CIPHER.encrypt(plain, b"consumers.personal:1")
    assert CIPHER.decrypt(sealed, b"consumers.personal:1") == plain
    for cipher, place in (
        (CIPHER, b"consumers.personal:2"),
        (CIPHER, b"messages.fields:1"),
        (FieldCipher(1, b"x" * 32), b"consumers.personal:1"),
    ):
        with pytest.raises(UndecryptableError):
            cipher.decrypt(sealed, place)


def test_no_nonce_comes_twice() -> None:
    """S81."""
    assert len({CIPHER.encrypt(b"same", b"p")[:13] for _ in range(20_000)}) == 20_000


def test_keys_for_two_purposes_differ() -> None:
    """No key serves two purposes."""
    assert derive(b"s" * 32, "wrap") != derive(b"s" * 32, "row_id")


def test_a_row_id_is_known_before_the_row_and_belongs_to_its_connection() -> None:
    """S-124: the same foreign id from two connections gives two records."""
    subscriber, one, other = uuid4(), uuid4(), uuid4()
    assert keyed_id(b"k", subscriber, one, "consumer", "P1") == keyed_id(b"k", subscriber, one, "consumer", "P1")
    ids = {
        keyed_id(b"k", subscriber, one, "consumer", "P1"),
        keyed_id(b"k", subscriber, other, "consumer", "P1"),
        keyed_id(b"k", subscriber, one, "appointment", "P1"),
        keyed_id(b"x", subscriber, one, "consumer", "P1"),
    }
    assert len(ids) == 4
    assert all(made.version == 8 for made in ids)


def test_parts_cannot_run_into_each_other() -> None:
    """Ambiguous concatenation would give two records one id."""
    assert keyed_id(b"k", "ab", "c") != keyed_id(b"k", "a", "bc")


def test_a_content_hash_tells_change_and_nothing_else() -> None:
    """Architecture 5: an unchanged snapshot changes nothing."""
    assert keyed_hash(b"k", b"a") == keyed_hash(b"k", b"a")
    assert keyed_hash(b"k", b"a") not in (keyed_hash(b"k", b"b"), keyed_hash(b"l", b"a"))


class _Breaking(Database):
    """A way in that is lost before the commit."""

    @asynccontextmanager
    async def transaction(self, subscriber_id: UUID | None = None) -> AsyncIterator[AsyncConnection]:
        async with super().transaction(subscriber_id) as connection:
            yield connection
            raise OSError("the connection was lost")


async def test_a_data_key_that_was_not_kept_encrypts_nothing(api: Database, urls: tuple[str, str]) -> None:
    """S80, S83: a key made in a transaction that was rolled back is forgotten; what is sealed afterwards opens in every process."""
    keys, subscriber_id = DataKeys(b"k" * 32), uuid4()
    breaking = _Breaking(urls[0], application="test")
    with pytest.raises(OSError, match="lost"):
        await keys.of(breaking, subscriber_id)
    await breaking.close()
    sealed = (await keys.of(api, subscriber_id)).encrypt(b"a comment", b"here")
    other = DataKeys(b"k" * 32)
    assert (await other.of(api, subscriber_id)).decrypt(sealed, b"here") == b"a comment"


@pytest.mark.parametrize("in_savepoint", [False, True])
async def test_a_key_of_a_transaction_that_was_rolled_back_is_forgotten(api: Database, in_savepoint: bool) -> None:
    """S83: whoever asked twice for it, or in a savepoint, encrypts nothing with it afterwards; a key that was kept is remembered."""
    keys, subscriber_id = DataKeys(b"k" * 32), uuid4()
    with suppress(InterruptedError):
        async with api.transaction(subscriber_id) as connection:
            if in_savepoint:
                async with connection.begin_nested():
                    await keys.cipher(connection, subscriber_id)
            lost = await keys.cipher(connection, subscriber_id)
            again = await keys.cipher(connection, subscriber_id)
            assert again.decrypt(lost.encrypt(b"letter", b"place"), b"place") == b"letter"
            raise InterruptedError
    async with api.transaction(subscriber_id) as connection:
        kept = await keys.cipher(connection, subscriber_id)
    with pytest.raises(UndecryptableError):
        kept.decrypt(lost.encrypt(b"letter", b"place"), b"place")
    async with api.transaction(subscriber_id) as connection:
        found = await keys.cipher(connection, subscriber_id)
        assert found is await keys.cipher(connection, subscriber_id)
    assert found.decrypt(kept.encrypt(b"letter", b"place"), b"place") == b"letter"
