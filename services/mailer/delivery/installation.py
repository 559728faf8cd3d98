"""What is the same for every message of an installation, from its settings."""

from services.mailer.delivery.prepare import Sending
from services.mailer.settings import Settings
from services.mailer.smtp.verp import ReturnAddresses
from shared.kit.crypto import derive
from shared.schemas.token import TokenKeys


def return_addresses(settings: Settings) -> ReturnAddresses:
    """Return what mints and verifies the addresses that bounces and mailed opt-outs come back to."""
    return ReturnAddresses({"1": derive(settings.kek, "return_addresses")})


def sending_of(settings: Settings) -> Sending:
    """Return what every message is written with."""
    return Sending(
        tokens=TokenKeys(settings.token_keys),
        returns=return_addresses(settings),
        optout_url=settings.optout_public_url,
        mail_domain=settings.bounce_domain,
        operator=settings.operator,
        must_sign=settings.must_sign,
    )
