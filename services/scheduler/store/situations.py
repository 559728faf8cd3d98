"""Situations as conditions over one planned occasion: u the occasion with its times; pure SQL, put into plan_touches.sql by name."""

from collections.abc import Sequence
from typing import Final

from services.scheduler.domain.situations import FLEET_VEHICLES, LATELY_DAYS, Situation

_OWN: Final = "{t}.subscriber_id = u.subscriber_id and {t}.consumer_id = u.consumer_id and not {t}.deleted"

CONDITIONS: Final[dict[Situation, str]] = {
    "booked_ahead": (
        f"exists (select from appointments a where {_OWN.format(t='a')} and a.status in ('booked', 'confirmed') and a.starts_at > u.now)"
    ),
    "visited_lately": (
        f"exists (select from visits v where {_OWN.format(t='v')} and v.completed_at > u.now - interval '{LATELY_DAYS} days')"
    ),
    "is_fleet": f"(select count(*) from vehicles v where {_OWN.format(t='v')} and v.status = 'active') >= {FLEET_VEHICLES}",  # noqa: S608
}


def skip_cases(situations: Sequence[Situation]) -> str:
    """Return the branches of a CASE that name the first of these situations that holds."""
    return "\n".join(f"            when {CONDITIONS[name]} then '{name}'" for name in situations)
