"""What is the same for every message of an installation, from its settings."""

from services.mailer.delivery.writing import Sending
from services.mailer.settings import Settings
from shared.schemas.token import TokenKeys


def sending_of(settings: Settings) -> Sending:
    """Return what every message is written with."""
    return Sending(
        tokens=TokenKeys(settings.token_keys),
        returns=settings.returns,
        optout_url=settings.optout_public_url,
        mail_domain=settings.bounce_domain,
        operator=settings.operator,
        must_sign=settings.must_sign,
        platform=settings.platform,
    )
