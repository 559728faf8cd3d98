"""Our own change feed, for what we derive from our own rows."""

from uuid import UUID

from shared.kit.db import Database
from shared.kit.feed import read_changes
from shared.schemas.wire import Changes


class OwnFeed:
    """Reads the feed from the database, without a request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def changes(self, *, epoch: UUID | None, after: str, limit: int, wait_seconds: float, reader: str) -> Changes:
        """Return a page after the cursor. Raises FeedRestartedError for a foreign epoch."""
        return await read_changes(self._database, epoch=epoch, after=after, limit=limit, wait_seconds=wait_seconds)
