"""Finds an entry of the register of disclosures."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.disclosures import DisclosureUnknownError
from services.optout.domain.entries import PLATFORM
from services.optout.store.disclosures import DisclosureRow
from services.optout.store.disclosures import find_disclosure as read_disclosure
from shared.kit.db import set_subscriber


async def find_disclosure(connection: AsyncConnection, *, disclosure_id: UUID) -> DisclosureRow:
    """Return it. Raises DisclosureUnknownError."""
    await set_subscriber(connection, PLATFORM)
    row = await read_disclosure(connection, PLATFORM, disclosure_id)
    if row is None:
        raise DisclosureUnknownError
    return row
