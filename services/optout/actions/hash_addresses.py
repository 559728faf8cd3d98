"""Tells how an export lists given addresses, so that its receiver can check them against the list it has (L-022)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.exports import hash_in_export
from services.optout.store.exports import is_suppression_export
from shared.kit.db import set_subscriber
from shared.kit.errors import NotFoundError
from shared.schemas.address import AddressKeys, AddressRefusedError, canonical_address
from shared.schemas.ledger import HashesAnswer


async def hash_addresses(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    export_id: UUID,
    addresses: Sequence[str],
    address_keys: AddressKeys,
    key: bytes,
) -> HashesAnswer:
    """Return the hashes per address; the answer is the same whether an address is listed or not. Raises NotFoundError for no export of theirs."""
    await set_subscriber(connection, subscriber_id)
    if not await is_suppression_export(connection, export_id):
        raise NotFoundError
    return HashesAnswer(hashes=[_hashes(address, export_id, address_keys, key) for address in addresses])


def _hashes(address: str, export_id: UUID, address_keys: AddressKeys, key: bytes) -> list[str]:
    try:
        folded = canonical_address(address).folded
    except AddressRefusedError:
        return []
    return [hash_in_export(key, export_id, address_key) for address_key in address_keys.all_keys_of(folded)]
