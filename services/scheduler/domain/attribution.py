"""The published rule of attribution: which campaign types earn credit for a visit, and within how many days."""

from collections.abc import Mapping
from typing import Final

from services.scheduler.domain.campaign_type import CampaignType

_DUE_DAYS: Final = 60
_OFFER_DAYS: Final = 30

RULE: Final = (
    "A completed visit above zero is credited once: to the last sent touch before it was booked, or before the visit where nothing was booked, "
    "within the window of the touch's campaign type (60 days for recare, service, recommended or declined work and people who stayed away, "
    "30 days for other mail), if the person had no appointment ahead when it was sent. Reminders, confirmations and other transactional mail "
    "earn no credit. Revenue is the sum of the totals of these visits."
)


def credit_days(kind: CampaignType) -> int | None:
    """Return the window in days in which a type's mail may earn credit, None for types that earn none."""
    if kind.message_class != "commercial" or kind.topic == "appointments":
        return None
    is_due = kind.topic == "care" or kind.trigger.kind == "lapse"
    return _DUE_DAYS if is_due else _OFFER_DAYS


def credit_windows(types: Mapping[str, CampaignType]) -> dict[str, int]:
    """Return the window of every type that may earn credit."""
    windows = {slug: credit_days(kind) for slug, kind in types.items()}
    return {slug: days for slug, days in windows.items() if days is not None}
