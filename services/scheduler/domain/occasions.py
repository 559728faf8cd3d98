"""The dates of a campaign by hand: on which day it goes next, and about what."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.scheduler.domain.campaign_type import CampaignType

_ISSUE = "issue"


def find_next_occasion(kind: CampaignType, settings: Mapping[str, Any], today: date) -> tuple[str, date]:
    """Return name and day of the occasion that comes next by these checked settings; a day that was set once stays even when it is over."""
    if not kind.dates:
        return _ISSUE, date.fromisoformat(settings["send_on"])
    days = {**kind.dates, **settings.get("dates", {})}
    ahead = [
        (date.fromisoformat(f"{year}-{day}"), name)
        for name, day in days.items()
        for year in (today.year, today.year + 1)
    ]
    day, name = min(row for row in ahead if row[0] >= today)
    return name, day
