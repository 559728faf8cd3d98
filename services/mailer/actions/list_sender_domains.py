"""All sender domains of a subscriber with their records, as last checked."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.dkim_records import BounceRecords
from services.mailer.domain.domain_page import describe_domain
from services.mailer.store.sender_domains import find_domains
from shared.kit.db import set_subscriber
from shared.schemas.sender_domains import SenderDomains


async def list_sender_domains(
    connection: AsyncConnection, *, subscriber_id: UUID, bounces: BounceRecords
) -> SenderDomains:
    """Return them by name; there are at most 50."""
    await set_subscriber(connection, subscriber_id)
    return SenderDomains(
        items=[describe_domain(stored, bounces) for stored in await find_domains(connection, subscriber_id)]
    )
