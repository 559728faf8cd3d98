"""The platform's own sender identity, written as the facts of a location, so that mail of our own is prepared like any other."""

from datetime import UTC, datetime
from uuid import UUID

from shared.schemas.location import LocationFacts, PostalAddress, SenderIdentity, SubscriberFacts
from shared.schemas.mailer import PLATFORM_SENDER

PlatformFacts = tuple[LocationFacts, SubscriberFacts]


def platform_facts(
    *, name: str, header_from: str, reply_to: str, postal_address: PostalAddress, website: str
) -> PlatformFacts:
    """Return the platform as a location that is live and a subscriber that is active."""
    location = LocationFacts(
        location_id=PLATFORM_SENDER,
        subscriber_id=PLATFORM_SENDER,
        name=name,
        vertical="auto",
        state="live",
        zone="UTC",
        phone="",
        website=website,
        postal_address=postal_address,
        sender=SenderIdentity(header_from=header_from, reply_to=reply_to),
        hours=[],
    )
    subscriber = SubscriberFacts(
        subscriber_id=PLATFORM_SENDER,
        name=name,
        agreement_version="own",
        agreement_accepted_at=datetime(2026, 1, 1, tzinfo=UTC),
        active=True,
    )
    return location, subscriber


def is_platform(subscriber_id: UUID | None) -> bool:
    """Tell whether something is the platform's own and no business's."""
    return subscriber_id == PLATFORM_SENDER
