"""Opens a consumer's row for a front desk."""

from typing import Any

from services.ingest.domain.address_quality import suggested_address
from services.ingest.domain.person import Person, unpack_person
from services.ingest.store.row_keys import SubscriberKeys
from shared.schemas.records import ConsumerCard


def open_person(row: Any, keys: SubscriberKeys) -> Person:
    """Decrypt a consumer's personal fields."""
    return unpack_person(keys.cipher.decrypt(bytes(row.personal), b"consumers.personal:" + row.id.bytes))


def card_of(row: Any, keys: SubscriberKeys) -> ConsumerCard:
    """Return a consumer as a front desk reads it."""
    person = open_person(row, keys)
    return ConsumerCard.model_validate(
        {
            "consumer_id": row.id,
            "location_id": row.location_id,
            "foreign_id": person.foreign_id,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "preferred_name": person.preferred_name,
            "address": person.address,
            "address_problem": row.address_problem,
            "suggestion": suggested_address(person.address) if row.address_problem == "typo_suspected" else None,
            "phone": person.phone,
            "birth_on": person.birth_on or None,
            "language": row.language,
            "status": row.status,
            "household_id": row.household_id,
            "guardian_id": row.guardian_id,
            "minor_until": row.minor_until,
            "merged_into": row.merged_into,
            "historic": row.historic,
            "source_updated_at": row.source_updated_at,
            "version": row.version,
        }
    )
