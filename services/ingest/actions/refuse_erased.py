"""Refuses an address at the front desk whose owner asked to be erased: staff alone do not bring a person back (N-38)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.person_edit import AddressErasedError
from services.ingest.store.erasing import write_beside
from services.ingest.store.keeping_out import is_kept_out
from shared.schemas.address import Address, AddressKeys


async def refuse_erased(
    connection: AsyncConnection, *, subscriber_id: UUID, address: Address | None, address_keys: AddressKeys
) -> None:
    """Raise AddressErasedError; an erasure that begins meanwhile waits for this transaction and finds what it wrote."""
    await write_beside(connection)
    if address is not None and await is_kept_out(
        connection, subscriber_id=subscriber_id, address_keys=address_keys.all_keys_of(address.folded)
    ):
        raise AddressErasedError
