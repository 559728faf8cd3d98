"""Answers where the mail about some people goes and what it may call them: only what a mail needs, decrypted at the last moment."""

from typing import Any
from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.person import Person, unpack_detail, unpack_person
from services.ingest.store.recipients import find_people, find_vehicles
from services.ingest.store.row_keys import SubscriberKeys
from shared.kit.epoch import refuse_on_hold
from shared.schemas.ingest import Recipient, RecipientQuery, Recipients, VehicleName


async def find_recipients(deps: Deps, *, query: RecipientQuery) -> Recipients:
    """Return the recipients of at most 500 consumers, and vehicles by name.

    Held, deceased and merged people, and minors without a usable guardian, have no address.

    Raises OnHoldError after a restore: what was erased or opted out since the backup may be back in these tables (I20).
    """
    keys = await deps.row_keys.of(deps.api_db, query.subscriber_id)
    async with deps.api_db.transaction(query.subscriber_id) as connection:
        await refuse_on_hold(connection)
        rows = await find_people(
            connection,
            subscriber_id=query.subscriber_id,
            consumer_ids=query.consumer_ids,
            today=deps.clock.now().date(),
        )
        vehicles = await find_vehicles(connection, subscriber_id=query.subscriber_id, vehicle_ids=query.vehicle_ids)
    return Recipients(
        recipients=[_recipient(row, keys) for row in rows], vehicles=[_vehicle(row, keys) for row in vehicles]
    )


def _recipient(row: Any, keys: SubscriberKeys) -> Recipient:
    person = _open(row.id, row.personal, keys)
    goes_to, key, address = row.id, row.address_key, person.address if row.address_key else ""
    if row.is_minor:
        goes_to, key = row.guardian_id, row.guardian_key
        address = _open(row.guardian_id, row.guardian_personal, keys).address if row.guardian_id else ""
    if row.closed or row.status in ("held", "deceased") or not address:
        goes_to = key = None
        address = ""
    return Recipient(
        consumer_id=row.id,
        recipient_id=goes_to,
        address=address or None,
        address_key=key,
        first_name=person.greeting_name,
        last_name=person.last_name,
        language=row.language,
    )


def _vehicle(row: Any, keys: SubscriberKeys) -> VehicleName:
    row_id: UUID = row.id
    _, _, _, make, model = unpack_detail(keys.cipher.decrypt(bytes(row.personal), b"vehicles.personal:" + row_id.bytes))
    named = " ".join(part for part in (make, model) if part)
    year = f"{row.model_year} " if named and row.model_year else ""
    return VehicleName(vehicle_id=row_id, consumer_id=row.consumer_id, name=f"{year}{named}")


def _open(row_id: Any, personal: bytes, keys: SubscriberKeys) -> Person:
    return unpack_person(keys.cipher.decrypt(bytes(personal), b"consumers.personal:" + row_id.bytes))
