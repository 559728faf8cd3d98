"""Rotating a domain's keys: a new pair waits for its records, then signs; the old one stays published until its last message has expired."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.make_sender_keys import make_sender_keys
from services.mailer.actions.show_sender_domain import show_sender_domain
from services.mailer.domain.dkim_records import BounceRecords
from services.mailer.domain.sender_domain import SenderDomainUnknownError
from services.mailer.store.sender_domains import check_soon, find_keys, lock_domain
from shared.kit.crypto import DataKeys
from shared.kit.db import set_subscriber
from shared.schemas.sender_domains import SenderDomain


async def rotate_sender_keys(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    domain: str,
    bounces: BounceRecords,
    keys: DataKeys,
    now: datetime,
) -> SenderDomain:
    """Make a new pair, unless one waits for its records already (a repeat is harmless), and look at the DNS soon.

    Raises SenderDomainUnknownError.
    """
    domain = domain.lower()
    await set_subscriber(connection, subscriber_id)
    if not await lock_domain(connection, subscriber_id, domain):
        raise SenderDomainUnknownError
    present = (await find_keys(connection, {(subscriber_id, domain)})).get((subscriber_id, domain), [])
    if not any(key.state == "pending" for key in present):
        await make_sender_keys(connection, subscriber_id=subscriber_id, domain=domain, keys=keys, now=now)
    await check_soon(connection, subscriber_id, domain, now)
    return await show_sender_domain(connection, subscriber_id=subscriber_id, domain=domain, bounces=bounces)
