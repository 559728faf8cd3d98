"""The page of one sender domain, as last checked: a request never asks the DNS."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.dkim_records import BounceRecords
from services.mailer.domain.domain_page import describe_domain
from services.mailer.domain.sender_domain import SenderDomainUnknownError
from services.mailer.store.sender_domains import find_domains
from shared.kit.db import set_subscriber
from shared.schemas.sender_domains import SenderDomain


async def show_sender_domain(
    connection: AsyncConnection, *, subscriber_id: UUID, domain: str, bounces: BounceRecords
) -> SenderDomain:
    """Return the records to publish and their states, or raise SenderDomainUnknownError."""
    await set_subscriber(connection, subscriber_id)
    for stored in await find_domains(connection, subscriber_id, domain.lower()):
        return describe_domain(stored, bounces)
    raise SenderDomainUnknownError
