"""Answers "who are you and why do you have my address" with what ingest knows: source, date, permission, refusal (N-114)."""

from uuid import UUID

from services.ingest.actions.show_consumer import show_consumer
from services.ingest.deps import Deps
from services.ingest.store.records import read_origin
from shared.kit.auth import Caller
from shared.schemas.records import Origin, Permission


async def show_origin(deps: Deps, *, caller: Caller, consumer_id: UUID) -> Origin:
    """Return a consumer's origin; touches are told by scheduler, messages by mailer. Raises ConsumerUnknownError."""
    await show_consumer(deps, caller=caller, consumer_id=consumer_id)
    async with deps.api_db.transaction(caller.subscriber) as connection:
        row, permissions = await read_origin(connection, subscriber_id=caller.subscriber, consumer_id=consumer_id)
    return Origin(
        consumer_id=row.id,
        location_id=row.location_id,
        source=row.source,
        connector=row.connector,
        first_seen_at=row.first_seen_at,
        source_updated_at=row.source_updated_at,
        permissions=[Permission(evidence=item.evidence, occurred_at=item.occurred_at) for item in permissions],
        refused_at=row.refused_at,
    )
