"""Tells what ingest holds about a person, opened: the record, where it came from, what hangs on it, edits and history (S-061, N-114)."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.find_reached import find_reached
from services.ingest.deps import Deps
from services.ingest.domain.person import unpack_detail, unpack_person
from services.ingest.store.child_kinds import CHILDREN
from services.ingest.store.erasing import find_owners
from services.ingest.store.holdings import HOLDINGS, read_holding
from services.ingest.store.row_keys import SubscriberKeys
from shared.schemas.personal_data import FoundPerson, PersonalData, PersonalDataQuestion, gather

_DETAILS: Final = {
    "appointments": ("provider",),
    "visits": ("vehicle",),
    "vehicles": ("vin", "plate", "make", "model"),
    "service_lines": ("description",),
    "contact_points": ("value",),
}
_KINDS: Final = {child.table: child.name for child in CHILDREN.values()} | {
    "consumers": "consumer",
    "consumer_edits": "edit",
    "consumer_history": "change",
    "consents": "permission_told",
    "source_optouts": "source_optout",
}
_BOOKKEEPING: Final = frozenset(
    (
        "subscriber_id",
        "content_hash",
        "sequence",
        "deleted",
        "parked",
        "version",
        "optout_pending",
        "base_hash",
        "merged_into",
    )
)


async def show_personal_data(deps: Deps, *, asked: PersonalDataQuestion) -> PersonalData:
    """Return it. Where several people share the mailbox and none is named, nothing but how many they are."""
    rows: list[tuple[str, UUID | None, dict[str, Any]]] = []
    people: list[FoundPerson] = []
    undecided = 0
    async with deps.worker_db.transaction() as connection:
        for address_key in asked.address_keys:
            mine = asked.subscriber_id
            for owner in [mine] if mine else await find_owners(connection, address_key):
                keys = await deps.row_keys.of(deps.api_db, owner)
                reached = await find_reached(
                    connection,
                    subscriber_id=owner,
                    address_key=address_key,
                    people=asked.consumer_ids,
                    keys=keys,
                    address_keys=deps.address_keys,
                )
                undecided += reached.undecided
                people += [FoundPerson(subscriber_id=owner, consumer_id=each) for each in reached.ids]
                rows += await _read(connection, owner, reached.ids, keys)
    if undecided:
        return PersonalData(service="ingest", holdings=[], undecided=undecided)
    return PersonalData(service="ingest", holdings=gather(rows), people=people)


async def _read(
    connection: AsyncConnection, owner: UUID, ids: list[UUID], keys: SubscriberKeys
) -> list[tuple[str, UUID | None, dict[str, Any]]]:
    if not ids:
        return []
    return [
        (_KINDS[table], owner, _shown(table, row, keys))
        for table in HOLDINGS
        for row in await read_holding(connection, table, subscriber_id=owner, ids=ids)
    ]


def _shown(table: str, row: dict[str, Any], keys: SubscriberKeys) -> dict[str, Any]:
    """Open what is sealed; what only the machinery needs is left out."""
    clear = {
        name: value for name, value in row.items() if name not in _BOOKKEEPING and name not in ("personal", "sealed")
    }
    if table == "consumer_edits":
        place = f"consumer_edits.sealed:{row['field']}:".encode() + row["consumer_id"].bytes
        return clear | {"value": keys.cipher.decrypt(bytes(row["sealed"]), place).decode()}
    if row.get("personal") is None:
        return clear
    opened = keys.cipher.decrypt(bytes(row["personal"]), f"{table}.personal:".encode() + row["id"].bytes)
    if table == "consumers":
        person = unpack_person(opened)
        return {name: getattr(person, name) for name in person.__dataclass_fields__} | clear
    foreign_id, *details = unpack_detail(opened)
    return {"foreign_id": foreign_id} | dict(zip(_DETAILS.get(table, ()), details, strict=False)) | clear
