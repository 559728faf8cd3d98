"""How many invitations a location's calendar can take: what is free, nearer days first, and what is already asked for.

A free visit may be asked for in full within NEAR_DAYS; from there on less, to none beyond HORIZON_DAYS: days that are near are filled first, and
a steady calendar gives a steady flow. A cancellation makes room at once. An invitation that nobody took up stops counting after ANSWER_DAYS.
"""

from typing import Final

NEAR_DAYS: Final = 3
HORIZON_DAYS: Final = 14
ANSWER_DAYS: Final = 7
MOST_VISITS_A_MESSAGE: Final = 4
"""A family comes together, a fleet of forty does not come at once."""

FORMULA: Final = (
    f"Over the open days of the next {HORIZON_DAYS}: free visits = (chairs or bays x open minutes - booked minutes) / minutes a visit takes, "
    f"times the day's share: 1 up to {NEAR_DAYS} days ahead, then falling evenly to 0 after {HORIZON_DAYS}. "
    "Their sum times invitations per visit is how many may be open. "
    f"Open are those of the last {ANSWER_DAYS} days that were not refused on the way and whose person has no appointment ahead, "
    f"one for each person or vehicle of a message, at most {MOST_VISITS_A_MESSAGE}. Room is the difference. Safety work is not paced."
)


def share_of(days_ahead: int) -> float:
    """Return which share of a day's free visits may be asked for so many days before it."""
    if not 1 <= days_ahead <= HORIZON_DAYS:
        return 0.0
    return min(1.0, (HORIZON_DAYS + 1 - days_ahead) / (HORIZON_DAYS + 1 - NEAR_DAYS))
