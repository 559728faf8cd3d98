"""Brings the blind search terms of people to what their fields are now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.person import unpack_detail
from services.ingest.domain.search_terms import stored_terms
from services.ingest.store.cards import open_person
from services.ingest.store.row_keys import SubscriberKeys
from services.ingest.store.search import blind, read_searchable, replace_terms
from shared.schemas.address import AddressRefusedError, canonical_address


async def index_people(
    connection: AsyncConnection, *, subscriber_id: UUID, keys: SubscriberKeys, ids: Sequence[UUID]
) -> None:
    """Replace their terms; deleted people have none."""
    pairs: set[tuple[int, UUID]] = set()
    for row in await read_searchable(connection, subscriber_id=subscriber_id, ids=ids):
        if row.deleted or row.personal is None:
            continue
        person, plates = open_person(row, keys), []
        for vehicle_id, sealed in zip(row.vehicle_ids, row.vehicles, strict=True):
            detail = keys.cipher.decrypt(bytes(sealed), b"vehicles.personal:" + vehicle_id.bytes)
            plates.append(unpack_detail(detail)[2])
        try:
            folded = canonical_address(person.address).folded if person.address else ""
        except AddressRefusedError:
            folded = ""
        names = (person.first_name, person.last_name, person.preferred_name)
        terms = stored_terms(names, folded, [person.phone], plates)
        pairs |= {(blind(keys, term), row.id) for term in terms}
    await replace_terms(connection, subscriber_id=subscriber_id, people=ids, pairs=pairs)
