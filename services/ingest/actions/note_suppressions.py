"""Follows optout's feed: what a consumer decided there belongs into the practice system too (S-034)."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.write_backs import keep_suppressions
from shared.kit.crashpoints import crashpoint
from shared.schemas.optout import SuppressionEntry
from shared.schemas.wire import Change


async def note_suppressions(connection: AsyncConnection, changes: Sequence[Change], *, now: datetime) -> None:
    """Make write-backs of a page's opt-outs and lifts, in their order; other kinds are passed over (tolerant reader).

    So is what is about one topic alone: no source has a flag for it, and one for everything would come back as an opt-out of everything.
    """
    told = [SuppressionEntry.model_validate(change.body) for change in changes if change.kind == "suppression"]
    entries = [entry for entry in told if entry.topic is None]
    for _, alike in groupby(entries, key=lambda entry: entry.kind):
        await keep_suppressions(connection, list(alike), now=now)
    crashpoint("ingest.after_write_backs")
