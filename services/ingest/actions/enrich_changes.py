"""Joins the present state into feed rows, which hold kind and key only: a reader that comes late reads the truth and not the history."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.facts import read_facts
from shared.schemas.wire import Change


async def enrich_changes(connection: AsyncConnection, changes: list[Change], *, today: date) -> list[Change]:
    """Return the rows with their bodies; of several rows of one thing only the last, for they would all say the same."""
    last: dict[tuple[str, UUID], Change] = {}
    for change in changes:
        last.pop((change.kind, change.key), None)
        last[change.kind, change.key] = change
    wanted: dict[str, list[tuple[UUID | None, UUID]]] = {}
    for change in last.values():
        wanted.setdefault(change.kind, []).append((change.subscriber_id, change.key))
    facts = {kind: await read_facts(connection, kind=kind, wanted=keys, today=today) for kind, keys in wanted.items()}
    return [change.model_copy(update={"body": facts[change.kind].get(change.key)}) for change in last.values()]
