"""Keeps what mail of our own needs in this database: its stock content, and the DKIM keys of its header-from domain."""

from datetime import datetime

from services.mailer.actions.add_sender_domain import add_sender_domain
from services.mailer.actions.publish_own_contents import publish_own_contents
from services.mailer.domain.dkim_records import BounceRecords
from services.mailer.domain.platform_sender import PlatformFacts
from services.mailer.domain.sender_domain import domain_of
from shared.kit.crypto import DataKeys
from shared.kit.db import Database
from shared.schemas.mailer import PLATFORM_SENDER


async def keep_platform(
    database: Database,
    *,
    platform: PlatformFacts | None,
    operator: str,
    bounces: BounceRecords,
    keys: DataKeys,
    now: datetime,
) -> bool:
    """Publish and register what is missing (api role); return False: there is nothing more to do at once."""
    if platform is None:
        return False
    async with database.transaction() as connection:
        await publish_own_contents(connection, operator=operator, now=now)
        domain = domain_of(platform[0].sender.header_from)
        await add_sender_domain(
            connection, subscriber_id=PLATFORM_SENDER, domain=domain, bounces=bounces, keys=keys, now=now
        )
    return False
