"""Shows what is on file for an address of a subscriber: the proof behind every answer."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.views import view_of
from services.optout.store.ledger import read_address
from shared.kit.db import set_subscriber
from shared.kit.requests import CursorRefusedError, page_cursor, read_cursor
from shared.schemas.ledger import AddressEvidence


async def list_evidence(
    connection: AsyncConnection, *, subscriber_id: UUID, address_keys: Sequence[str], after: str | None, limit: int
) -> AddressEvidence:
    """Return a page of this subscriber's entries for the address, oldest first; other subscribers' and the platform's stay unseen.

    An address that has had several keys is shown under the first. Raises CursorRefusedError.
    """
    await set_subscriber(connection, subscriber_id)
    links = await read_address(connection, subscriber_id, *address_keys, after=_position(after), limit=limit + 1)
    more = page_cursor(links[limit - 1].chain_position) if len(links) > limit else None
    return AddressEvidence(address_key=address_keys[0], entries=list(map(view_of, links[:limit])), next=more)


def _position(after: str | None) -> int:
    values = read_cursor(after, 1)
    if values is None:
        return 0
    if type(values[0]) is not int or not 0 <= values[0] < 2**63:
        raise CursorRefusedError
    return values[0]
