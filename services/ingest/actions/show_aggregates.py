"""Shows the newest released figures to the operator, whole: there is nothing to filter by, so nothing to subtract (S-101)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.aggregates import LEAST_CONSUMERS, LEAST_SUBSCRIBERS, AggregatesOffError
from services.ingest.settings import Settings
from services.ingest.store.aggregates import read_latest
from shared.schemas.aggregates import AggregateCell, Aggregates


async def show_aggregates(connection: AsyncConnection, *, settings: Settings) -> Aggregates:
    """Return them; `quarter_on` is null before the first release. Raises AggregatesOffError."""
    if not settings.aggregates:
        raise AggregatesOffError
    rows = await read_latest(connection)
    return Aggregates(
        quarter_on=rows[0].quarter_on if rows else None,
        least_consumers=LEAST_CONSUMERS,
        least_subscribers=LEAST_SUBSCRIBERS,
        contributing_subscribers=rows[0].subscribers if rows else 0,
        cells=[
            AggregateCell(**{name: getattr(row, name) for name in AggregateCell.model_fields})
            for row in rows
            if row.region is not None
        ],
    )
