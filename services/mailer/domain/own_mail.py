"""A message of our own, as whoever asks for it describes it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from shared.schemas.mailer import PLATFORM_SENDER, Audience, MessageInput, Origin

_SOON: Final = timedelta(minutes=30)
"""Mail of our own is not planned by anybody who could look at it again: it goes at once, until its time is over."""


def own_message(
    *,
    message_id: UUID,
    origin: Origin,
    audience: Audience,
    content_id: UUID,
    address: str,
    address_key: str,
    fields: Mapping[str, Any],
    useful_until: datetime,
    now: datetime,
) -> MessageInput:
    """Return the message under the platform's sender, due at once."""
    return MessageInput(
        message_id=message_id,
        subscriber_id=PLATFORM_SENDER,
        location_id=PLATFORM_SENDER,
        content_id=content_id,
        origin=origin,
        audience=audience,
        address=address,
        address_key=address_key,
        fields=dict(fields),
        due_at=now,
        useful_until=useful_until,
        recheck_after=max(useful_until, now + _SOON),
    )
