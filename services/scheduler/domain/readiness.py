"""Whether a campaign may be switched on at a location: every reason against it is named before anything is planned (S-074)."""

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.errors import (
    AgreementRequiredError,
    HoursMissingError,
    LocationNotLiveError,
    SubscriberInactiveError,
    VerticalMismatchError,
)
from shared.schemas.location import LocationFacts, SubscriberFacts


def refuse_unready(kind: CampaignType, location: LocationFacts, subscriber: SubscriberFacts | None) -> None:
    """Raise the first reason why this type cannot run at this location now."""
    if subscriber is None or not subscriber.active:
        raise SubscriberInactiveError
    if subscriber.agreement_accepted_at is None:
        raise AgreementRequiredError
    if location.state != "live":
        raise LocationNotLiveError
    if location.vertical not in kind.verticals:
        raise VerticalMismatchError
    if not location.hours:
        raise HoursMissingError
