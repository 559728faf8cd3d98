"""Asks the mailer, by the feed, for a mail of our own: opting in and privacy answers need no service above or below to be up."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import AddressUnfitError, MailTooFarAheadError
from services.optout.store.mail_requests import add_mail_request
from shared.schemas.address import AddressRefusedError, canonical_address
from shared.schemas.optout import MailRequestAnswer, MailRequestInput
from shared.schemas.token import TokenKeys

LONGEST_WAIT: Final = timedelta(days=30)


async def request_mail(
    connection: AsyncConnection, *, given: MailRequestInput, tokens: TokenKeys, now: datetime
) -> MailRequestAnswer:
    """Seal a request for the mailer and put it into the feed, once per request_id; raise AddressUnfitError for an address that is not canonical.

    Raises MailTooFarAheadError for a mail that stays useful for longer than LONGEST_WAIT.
    """
    if given.useful_until > now + LONGEST_WAIT:
        raise MailTooFarAheadError
    try:
        if canonical_address(given.address).address != given.address:
            raise AddressUnfitError
    except AddressRefusedError:
        raise AddressUnfitError from None
    sealed = tokens.seal_mail(given.model_dump_json().encode(), given.request_id)
    is_new = await add_mail_request(connection, given, sealed=sealed, now=now)
    return MailRequestAnswer(request_id=given.request_id, result="requested" if is_new else "repeated")
