"""Registering a sender domain: both keys are made, and nothing is signed before their records are published and found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.make_sender_keys import make_sender_keys
from services.mailer.actions.show_sender_domain import show_sender_domain
from services.mailer.domain.dkim_records import BounceRecords
from services.mailer.domain.pace_keys import make_sender_key
from services.mailer.domain.pacing import Pace
from services.mailer.domain.sender_domain import MOST_DOMAINS, TooManySenderDomainsError, canonical_domain
from services.mailer.store.paces import keep_paces
from services.mailer.store.sender_domains import add_domain, count_domains
from shared.kit.crypto import DataKeys
from shared.kit.db import set_subscriber
from shared.schemas.sender_domains import SenderDomain


async def add_sender_domain(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    domain: str,
    bounces: BounceRecords,
    keys: DataKeys,
    now: datetime,
) -> SenderDomain:
    """Register a domain and return what to publish; a domain that is registered already is answered as it stands.

    Its commercial mail ramps up from the first one (L-067).

    Raises SenderDomainMalformedError, SenderDomainRefusedError for mailbox providers (L-053), TooManySenderDomainsError.
    """
    domain = canonical_domain(domain)
    await set_subscriber(connection, subscriber_id)
    if await add_domain(connection, subscriber_id, domain, now):
        if await count_domains(connection, subscriber_id) > MOST_DOMAINS:
            raise TooManySenderDomainsError
        await keep_paces(connection, [Pace("sender", make_sender_key(subscriber_id, domain), ramps=True)])
        await make_sender_keys(connection, subscriber_id=subscriber_id, domain=domain, keys=keys, now=now)
    return await show_sender_domain(connection, subscriber_id=subscriber_id, domain=domain, bounces=bounces)
