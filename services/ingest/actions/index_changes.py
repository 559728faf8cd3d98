"""Follows our own feed to keep the search terms: a batch then pays nothing for them, and search is at most a second behind."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.index_people import index_people
from services.ingest.deps import Deps
from services.ingest.store.search import owners_of
from shared.schemas.wire import Change


async def index_changes(deps: Deps, connection: AsyncConnection, changes: Sequence[Change]) -> None:
    """Index the people of a page of changes, and those whose vehicles changed."""
    people: dict[UUID, set[UUID]] = {}
    vehicles: dict[UUID, set[UUID]] = {}
    for change in changes:
        found = {"consumer": people, "vehicle": vehicles}.get(change.kind)
        if found is not None and change.subscriber_id is not None:
            found.setdefault(change.subscriber_id, set()).add(change.key)
    for owner in sorted(people.keys() | vehicles.keys()):
        ids = people.get(owner, set())
        if owner in vehicles:
            ids |= set(await owners_of(connection, subscriber_id=owner, vehicle_ids=list(vehicles[owner])))
        keys = await deps.row_keys.of(deps.api_db, owner)
        await index_people(connection, subscriber_id=owner, keys=keys, ids=sorted(ids))
