"""Opens a consumer's row for a front desk."""

from typing import Any, Final
from uuid import UUID

from services.ingest.domain.address_quality import suggested_address
from services.ingest.domain.person import Person, unpack_person
from services.ingest.domain.person_edit import ConsumerUnknownError
from services.ingest.store.edits import read_edits
from services.ingest.store.records import find_person
from services.ingest.store.row_keys import SubscriberKeys
from shared.kit.db import RawConnection, Row
from shared.schemas.records import ConsumerCard, ConsumerDetail


def open_person(row: Any, keys: SubscriberKeys) -> Person:
    """Decrypt a consumer's personal fields."""
    return _open(row.personal, row.id, keys)


def card_of(row: Row, keys: SubscriberKeys) -> ConsumerCard:
    """Return a consumer as a front desk reads it."""
    return ConsumerCard.model_validate(_opened(row, keys))


async def read_detail(
    connection: RawConnection, *, subscriber_id: UUID, consumer_id: UUID, keys: SubscriberKeys
) -> ConsumerDetail:
    """Return a consumer with the edits that stand against the source; raise ConsumerUnknownError for a deleted or unknown one."""
    row = await find_person(connection, subscriber_id=subscriber_id, consumer_id=consumer_id)
    if row is None or row.deleted:
        raise ConsumerUnknownError
    edits = await read_edits(connection, subscriber_id=subscriber_id, consumer_ids=[consumer_id])
    shown = [{"field": edit.field, "edited_at": edit.edited_at, "edited_by": edit.edited_by} for edit in edits]
    return ConsumerDetail.model_validate(_opened(row, keys) | {"edits": shown})


def _open(sealed: bytes, consumer_id: UUID, keys: SubscriberKeys) -> Person:
    return unpack_person(keys.cipher.decrypt(bytes(sealed), b"consumers.personal:" + consumer_id.bytes))


_CLEAR: Final = (
    *(
        "location_id",
        "address_problem",
        "language",
        "status",
        "household_id",
        "guardian_id",
        "minor_until",
        "merged_into",
    ),
    *("historic", "source_updated_at", "version"),
)


def _opened(row: Row, keys: SubscriberKeys) -> dict[str, Any]:
    consumer_id, problem = row["id"], row["address_problem"]
    person = _open(row["personal"], consumer_id, keys)
    clear = {name: row[name] for name in _CLEAR}
    return clear | {
        "consumer_id": consumer_id,
        "foreign_id": person.foreign_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "preferred_name": person.preferred_name,
        "address": person.address,
        "suggestion": suggested_address(person.address) if problem == "typo_suspected" else None,
        "phone": person.phone,
        "birth_on": person.birth_on or None,
    }
