"""Finds an address among portal's own people: contacts of subscribers (S-034)."""

from contextlib import suppress
from uuid import UUID

from services.portal.domain.subscriber import Subscriber
from services.portal.store.subscribers import find_subscriber, list_subscribers
from shared.kit.crypto import DataKeys
from shared.kit.db import Database
from shared.kit.errors import NotFoundError
from shared.schemas.address import AddressRefusedError, canonical_address
from shared.schemas.personal_data import PersonalData, gather

_AT_ONCE = 500


async def find_own_people(
    database: Database, *, data_keys: DataKeys, subscriber_id: UUID | None, address: str
) -> PersonalData:
    """Return what portal holds, of one business or of all."""
    wanted = canonical_address(address).folded
    found: list[Subscriber] = []
    async with database.transaction() as connection:
        if subscriber_id is not None:
            with suppress(NotFoundError):
                found = [await find_subscriber(connection, data_keys, subscriber_id)]
        else:
            after = None
            while some := await list_subscribers(connection, data_keys, after=after, limit=_AT_ONCE):
                found += [each for each in some if _folded(each.contact.email) == wanted]
                after = some[-1].subscriber_id
        found = [each for each in found if _folded(each.contact.email) == wanted]
    rows = [
        (
            "subscriber_contact",
            each.subscriber_id,
            {
                "business": each.name,
                "contact_name": each.contact.contact_name,
                "email": each.contact.email,
                "phone": each.contact.phone,
                "fax": each.contact.fax,
                "created_at": each.created_at,
            },
        )
        for each in found
    ]
    return PersonalData(service="portal", holdings=gather(rows))


def _folded(address: str) -> str:
    try:
        return canonical_address(address).folded
    except AddressRefusedError:
        return ""
