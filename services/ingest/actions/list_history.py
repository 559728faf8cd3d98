"""Lists what happened to a consumer's record: which fields, when, through which door, by whom; never the values (S-123)."""

from uuid import UUID

from services.ingest.actions.show_consumer import show_consumer
from services.ingest.deps import Deps
from services.ingest.store.records import read_history
from shared.kit.auth import Caller
from shared.kit.requests import CursorRefusedError, page_cursor, read_cursor
from shared.schemas.records import HistoryEntry
from shared.schemas.wire import Page


async def list_history(
    deps: Deps, *, caller: Caller, consumer_id: UUID, after: str | None, limit: int
) -> Page[HistoryEntry]:
    """Return a page, newest first. Raises ConsumerUnknownError, CursorRefusedError."""
    cursor = read_cursor(after, 1)
    if cursor and not (isinstance(cursor[0], int) and 0 <= cursor[0] < 2**63):
        raise CursorRefusedError
    await show_consumer(deps, caller=caller, consumer_id=consumer_id)
    async with deps.api_db.transaction(caller.subscriber) as connection:
        rows = await read_history(
            connection,
            subscriber_id=caller.subscriber,
            consumer_id=consumer_id,
            before=cursor[0] if cursor else None,
            limit=limit + 1,
        )
    items = [
        HistoryEntry(changed_at=row.changed_at, source=row.source, changed_by=row.changed_by, fields=row.fields)
        for row in rows[:limit]
    ]
    return Page(items=items, next=page_cursor(rows[limit - 1].position) if len(rows) > limit else None)
