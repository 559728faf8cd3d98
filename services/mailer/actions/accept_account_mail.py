"""Takes a mail of ours to the people of a business, in stock words."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.accept_messages import accept_messages
from services.mailer.content.own_stock import choose_own
from services.mailer.domain.own_mail import own_message
from services.mailer.domain.platform_sender import PlatformFacts
from shared.kit.crypto import DataKeys
from shared.schemas.account_mail import AccountMailInput
from shared.schemas.mailer import MessageReceipt


async def accept_account_mail(
    connection: AsyncConnection,
    given: AccountMailInput,
    *,
    submitter: str,
    platform: PlatformFacts | None,
    keys: DataKeys,
    own_hosts: frozenset[str],
    pace_secret: bytes,
    now: datetime,
) -> MessageReceipt:
    """Accept it, or refuse it with a code; the same `message_id` again is `repeated`. `content_unknown` until ours are published."""
    content = choose_own(given.content, given.language)
    assert content is not None
    message = own_message(
        message_id=given.message_id,
        origin="account",
        audience="staff",
        content_id=content.content_id,
        address=given.address,
        address_key=given.address_key,
        fields=given.fields,
        useful_until=given.useful_until,
        now=now,
    )
    [receipt] = await accept_messages(
        connection,
        given=[message],
        keys=keys,
        own_hosts=own_hosts,
        pace_secret=pace_secret,
        now=now,
        submitter=submitter,
        platform=platform,
    )
    return receipt
