"""Takes the mails that optout asks for: opened, given their stock content, accepted in the transaction that keeps the feed's cursor."""

from datetime import datetime
from typing import Final

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.accept_messages import accept_messages
from services.mailer.content.own_stock import choose_own
from services.mailer.domain.own_mail import own_message
from services.mailer.domain.platform_sender import PlatformFacts
from shared.kit.crypto import DataKeys
from shared.kit.logs import log
from shared.schemas.mailer import MessageInput
from shared.schemas.optout import MailRequested, MailRequestInput
from shared.schemas.token import TokenKeys, TokenRefusedError
from shared.schemas.wire import Change

KIND: Final = "mail_requested"


class OwnContentMissingError(Exception):
    """This database has no stock content of ours yet: the page waits for keep_platform, nothing of it is lost."""


async def send_requested(
    connection: AsyncConnection,
    changes: list[Change],
    *,
    tokens: TokenKeys,
    keys: DataKeys,
    platform: PlatformFacts | None,
    own_hosts: frozenset[str],
    pace_secret: bytes,
    now: datetime,
) -> None:
    """Accept what a page of optout's feed asks for. The request's id is the message's: a page read twice sends nothing twice.

    What cannot be taken (shredded, too late, a link to elsewhere) is told to the log by its id with the reason; it never holds the feed up.
    Raises OwnContentMissingError in a database that is new.
    """
    wanted = [
        message for change in changes if change.kind == KIND if (message := _read(change, tokens, now=now)) is not None
    ]
    if not wanted:
        return
    receipts = await accept_messages(
        connection,
        given=wanted,
        keys=keys,
        own_hosts=own_hosts,
        pace_secret=pace_secret,
        now=now,
        submitter="optout",
        platform=platform,
    )
    if any(receipt.code == "content_unknown" for receipt in receipts):
        raise OwnContentMissingError
    for receipt in receipts:
        if receipt.result == "refused":
            log("mailer.requested").error(
                "requested_mail_refused", message_id=str(receipt.message_id), code=receipt.code
            )


def _read(change: Change, tokens: TokenKeys, *, now: datetime) -> MessageInput | None:
    """Return the message that a request means, or None for one whose content is gone or was never ours."""
    try:
        request = MailRequested.model_validate(change.body or {})
        if request.sealed is None:
            return None
        asked = MailRequestInput.model_validate_json(tokens.open_mail(request.sealed, request.request_id))
    except (ValidationError, TokenRefusedError):
        log("mailer.requested").error("requested_mail_unreadable", request_id=str(change.key))
        return None
    content = choose_own(asked.content or asked.origin, asked.language)
    assert content is not None
    return own_message(
        message_id=asked.request_id,
        origin=asked.origin,
        audience=asked.audience,
        content_id=content.content_id,
        address=asked.address,
        address_key=asked.address_key,
        fields=asked.fields,
        useful_until=asked.useful_until,
        now=now,
    )
