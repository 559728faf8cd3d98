"""Puts a legal hold on an address: what is held about it is not erased while the hold stands (S-111, N-110)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.case_views import hold_shown
from services.optout.domain.entries import PLATFORM, AddressUnfitError
from services.optout.store.erasures import LegalHoldRow, add_hold
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id
from shared.schemas.address import AddressKeys, AddressRefusedError, canonical_address
from shared.schemas.privacy_cases import LegalHold, LegalHoldInput


async def place_hold(
    connection: AsyncConnection, *, given: LegalHoldInput, address_keys: AddressKeys, actor: str, now: datetime
) -> LegalHold:
    """Return the hold; the address is kept as its hash alone. Raises AddressUnfitError."""
    try:
        keys = address_keys.all_keys_of(canonical_address(given.address).folded)
    except AddressRefusedError:
        raise AddressUnfitError from None
    subscriber_id: UUID = given.subscriber_id or PLATFORM
    await set_subscriber(connection, subscriber_id)
    row = LegalHoldRow(subscriber_id, new_id(), keys, given.reason, given.reference, actor, now)
    await add_hold(connection, row)
    return hold_shown(row)
