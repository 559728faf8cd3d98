"""Tells line by line what became of a batch's records, as CSV, one chunk in memory at a time (I2, N-81)."""

from collections.abc import AsyncIterator
from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.outcome import read_outcomes
from services.ingest.store.batches import read_results


async def download_results(deps: Deps, *, subscriber_id: UUID, batch_id: UUID) -> AsyncIterator[str]:
    """Yield the header and then every record's line, outcome and, if refused, field and code; never a value."""
    yield "line,outcome,field,code\r\n"
    after = 0
    while True:
        async with deps.api_db.transaction(subscriber_id) as connection:
            found = await read_results(connection, subscriber_id=subscriber_id, batch_id=batch_id, after_line=after)
        if found is None:
            return
        after, outcomes, refused = found
        rows = (
            f"{line},{outcome},{','.join(refused.get(line, ('', '')))}\r\n"
            for line, outcome in read_outcomes(after, outcomes)
        )
        yield "".join(rows)
