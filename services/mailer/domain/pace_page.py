"""What the operator sees of a pace."""

from datetime import datetime
from typing import cast

from services.mailer.domain.pacing import Pace, refresh
from services.mailer.domain.ramp import find_daily_cap
from services.mailer.domain.versions import version_of
from shared.schemas import routes as wire


def describe_pace(pace: Pace, now: datetime) -> wire.Pace:
    """Return a pace as of `now`."""
    present = refresh(pace, now)
    return wire.Pace(
        kind=cast("wire.PaceKind", pace.kind),
        key=pace.key,
        per_second=pace.per_second,
        per_hour=pace.per_hour,
        per_day=pace.per_day,
        ramps=pace.ramps,
        daily_cap=find_daily_cap(pace.ramp_from or now, now) if pace.ramps else None,
        rate=present.rate,
        slowed_at=present.slowed_at,
        sent_this_hour=present.hour_used,
        sent_today=present.day_used,
        version=version_of(pace.changed_at),
    )
