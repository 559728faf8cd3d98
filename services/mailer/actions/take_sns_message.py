"""Takes one message of Amazon SNS: proves it, confirms a subscription it asks for, or takes the report of Amazon SES in it."""

from collections.abc import Collection
from datetime import datetime

from services.mailer.actions.take_relay_reports import take_relay_reports
from services.mailer.clients.optout import OptoutClient
from services.mailer.clients.sns import SnsAddressRefusedError, SnsClient, SnsSilentError
from services.mailer.domain.refusals import SignatureRefusedError, SnsUnreachableError
from services.mailer.domain.sns import SignedMessage, is_genuine
from services.mailer.domain.sns_chain import is_trusted
from services.mailer.smtp.relay_events import read_ses
from services.mailer.smtp.verp import ReturnAddresses
from shared.kit.db import Database
from shared.kit.logs import log
from shared.schemas.relay import RelayReceipt, SnsMessage


async def take_sns_message(
    database: Database,
    optout: OptoutClient,
    sns: SnsClient,
    message: SnsMessage,
    *,
    topics: Collection[str],
    returns: ReturnAddresses,
    domain: str,
    now: datetime,
) -> RelayReceipt:
    """Take a message of one of `topics`; a repeat of its id is harmless.

    Raises SignatureRefusedError (another topic, a foreign certificate, a wrong signature), SnsUnreachableError and OptoutSilentError.
    """
    if message.topic_arn not in topics:
        raise SignatureRefusedError
    await _prove(sns, message, now=now)
    if message.type == "SubscriptionConfirmation":
        await _confirm(sns, message)
    is_report = message.type == "Notification"
    return await take_relay_reports(
        database,
        optout,
        shape="ses",
        delivery_id=message.message_id,
        reports=[read_ses(message.message)] if is_report else [],
        returns=returns,
        domain=domain,
        now=now,
    )


async def _prove(sns: SnsClient, message: SnsMessage, *, now: datetime) -> None:
    fields = {name: value for name, value in message.model_dump(by_alias=True).items() if isinstance(value, str)}
    signed = SignedMessage(fields, message.signature_version, message.signature)
    try:
        chain = await sns.chain(message.signing_cert_url)
    except SnsAddressRefusedError:
        raise SignatureRefusedError from None
    except SnsSilentError:
        raise SnsUnreachableError from None
    if not is_trusted(chain, sns.trust, now=now):
        log("mailer.relay_reports").warning("certificate_not_trusted", topic=message.topic_arn)
        raise SignatureRefusedError
    if not is_genuine(signed, chain[0]):
        raise SignatureRefusedError


async def _confirm(sns: SnsClient, message: SnsMessage) -> None:
    try:
        await sns.confirm(message.subscribe_url or "")
    except SnsAddressRefusedError:
        raise SignatureRefusedError from None
    except SnsSilentError:
        raise SnsUnreachableError from None
    log("mailer.relay_reports").info("subscription_confirmed", topic=message.topic_arn)
