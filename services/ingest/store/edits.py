"""Writing people one by one: what a front desk creates, edits and merges, with the edits that stand against the source and a history of all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.person_edit import PersonState
from services.ingest.store.row_keys import SubscriberKeys
from shared.kit.db import RawConnection, Row
from shared.schemas.address import AddressKeys

_LOCK: Final = text("""
select * from consumers where subscriber_id = :subscriber and id = :id and not deleted and personal is not null for update
""")
_SAVE: Final = text("""
update consumers set personal = :personal, address_key = :address_key, address_problem = :address_problem, status = :status,
    language = :language, minor_until = :minor_until, birthday = :birthday, version = version + :steps
where subscriber_id = :subscriber and id = :id
""")
_INSERT: Final = text("""
insert into consumers (subscriber_id, id, connection_id, location_id, source_updated_at, content_hash, personal, historic, deleted,
    address_key, address_problem, status, language, minor_until, birthday, first_seen_at)
values (:subscriber, :id, :connection, :location, :now, :content_hash, :personal, false, false,
    :address_key, :address_problem, :status, :language, :minor_until, :birthday, :now)
""")
_TELL: Final = text("""
insert into changes (subscriber_id, kind, key)
select cast(:subscriber as uuid), 'consumer', cast(:id as uuid)
union all select :subscriber, 'consumer', w.id from consumers w where w.subscriber_id = :subscriber and w.guardian_id = :id and not w.deleted
""")
_NOTE: Final = text("""
insert into consumer_history (subscriber_id, consumer_id, changed_at, source, changed_by, fields)
values (:subscriber, :id, :now, :source, :by, :fields)
""")
_KEEP_EDITS: Final = text("""
insert into consumer_edits as kept (subscriber_id, consumer_id, field, sealed, base_hash, edited_at, edited_by)
select :subscriber, :id, e.field, e.sealed, e.base, :now, :by
from unnest(cast(:fields as text[]), cast(:sealed as bytea[]), cast(:bases as bytea[])) as e (field, sealed, base)
on conflict (subscriber_id, consumer_id, field) do update set sealed = excluded.sealed, edited_at = excluded.edited_at,
    edited_by = excluded.edited_by
""")
_EDITS: Final = """
select * from consumer_edits where subscriber_id = $1 and consumer_id = any($2::uuid[]) order by consumer_id, field
"""
_DROP_EDITS: Final = text("""
delete from consumer_edits where subscriber_id = :subscriber and consumer_id = :id and field = any(:fields)
""")
_ANY_EDIT: Final = text("select exists (select from consumer_edits where subscriber_id = :subscriber)")
_MERGE: Final = text("""
insert into merges (subscriber_id, id, connection_id, location_id, source_updated_at, content_hash, historic, deleted, consumer_id, into_id, parked)
values (:subscriber, :merge, :connection, :location, :now, :content_hash, false, false, :id, :into, false)
on conflict (subscriber_id, id) do update set into_id = excluded.into_id, source_updated_at = excluded.source_updated_at, deleted = false
""")
_UNMERGE: Final = text("""
update merges set deleted = true, source_updated_at = greatest(source_updated_at, :now)
where subscriber_id = :subscriber and consumer_id = :id and not deleted
""")


async def lock_consumer(connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID) -> Any:
    """Return a living consumer's row, locked, or None."""
    return (await connection.execute(_LOCK, {"subscriber": subscriber_id, "id": consumer_id})).first()


def _columns(state: PersonState, consumer_id: UUID, keys: SubscriberKeys, address_keys: AddressKeys) -> dict[str, Any]:
    return {
        "personal": keys.cipher.encrypt(state.person.pack(), b"consumers.personal:" + consumer_id.bytes),
        "address_key": address_keys.key_of(state.address.folded) if state.address else None,
        "address_problem": state.address_problem,
        "status": state.status,
        "language": state.language,
        "minor_until": state.minor_until,
        "birthday": state.birthday,
    }


async def save_consumer(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    state: PersonState,
    keys: SubscriberKeys,
    address_keys: AddressKeys,
    steps: int = 1,
) -> None:
    """Write a person's fields, encrypted; `steps` is what the version grows by."""
    values = _columns(state, consumer_id, keys, address_keys)
    await connection.execute(_SAVE, values | {"subscriber": subscriber_id, "id": consumer_id, "steps": steps})


async def insert_consumer(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    connection_id: UUID,
    location_id: UUID,
    state: PersonState,
    keys: SubscriberKeys,
    address_keys: AddressKeys,
    now: datetime,
) -> None:
    """Write a new person whom no source knows; `connection_id` is that of the location's front desk."""
    values = _columns(state, consumer_id, keys, address_keys)
    key = {"subscriber": subscriber_id, "id": consumer_id, "connection": connection_id, "location": location_id}
    await connection.execute(_INSERT, values | key | {"now": now, "content_hash": b""})


async def tell_of_consumer(connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID) -> None:
    """Append a person, and those they are guardian of, to the feed."""
    await connection.execute(_TELL, {"subscriber": subscriber_id, "id": consumer_id})


async def note_history(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    source: str,
    changed_by: str,
    fields: Sequence[str],
    now: datetime,
) -> None:
    """Write which fields changed, by whom, through which door."""
    values = {"subscriber": subscriber_id, "id": consumer_id, "now": now, "source": source}
    await connection.execute(_NOTE, values | {"by": changed_by, "fields": list(fields)})


async def keep_edits(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    edits: Sequence[tuple[str, bytes, bytes]],
    edited_by: str,
    now: datetime,
) -> None:
    """Keep what the front desk says: (field, value sealed, hash of what was there); a later edit keeps the first one's, the source's value."""
    fields, sealed, bases = (list(column) for column in zip(*edits, strict=True))
    values = {"subscriber": subscriber_id, "id": consumer_id, "fields": fields, "sealed": sealed, "bases": bases}
    await connection.execute(_KEEP_EDITS, values | {"by": edited_by, "now": now})


async def has_edits(connection: AsyncConnection, subscriber_id: UUID) -> bool:
    """Tell whether a subscriber's front desks have edited anybody: most batches need look no further."""
    return bool(await connection.scalar(_ANY_EDIT, {"subscriber": subscriber_id}))


async def read_edits(connection: RawConnection, *, subscriber_id: UUID, consumer_ids: Sequence[UUID]) -> list[Row]:
    """Return the edits of these people, person by person."""
    return await connection.fetch(_EDITS, subscriber_id, list(consumer_ids), record_class=Row)


async def drop_edits(
    connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID, fields: Sequence[str]
) -> None:
    """Forget edits that the source has overtaken."""
    await connection.execute(_DROP_EDITS, {"subscriber": subscriber_id, "id": consumer_id, "fields": list(fields)})


async def keep_merge(
    connection: AsyncConnection, *, subscriber_id: UUID, row: Any, merge_id: UUID, into_id: UUID, now: datetime
) -> None:
    """Write a merge that a front desk made of the consumer `row`."""
    key = {"subscriber": subscriber_id, "merge": merge_id, "connection": row.connection_id, "location": row.location_id}
    await connection.execute(_MERGE, key | {"now": now, "content_hash": b"", "id": row.id, "into": into_id})


async def undo_merges(connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID, now: datetime) -> None:
    """Take back every merge of a consumer, the source's too; an unchanged repeat from the source does not bring it back."""
    await connection.execute(_UNMERGE, {"subscriber": subscriber_id, "id": consumer_id, "now": now})
