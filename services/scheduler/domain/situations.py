"""Situations in which a mail would come at the wrong moment: a campaign type names those that stop it, planning looks at the facts.

Each is looked at when a touch is planned and again at the last moment; the situation's name is then the reason on file (I18).
"""

from typing import Final, Literal, get_args

Situation = Literal[
    "booked_ahead",
    "visited_lately",
    "is_fleet",
]

LATELY_DAYS: Final = 30
"""No win-back and no due-date mail within a month of a visit."""
FLEET_VEHICLES: Final = 5
"""From so many vehicles on a customer is a fleet."""
SITUATIONS: Final[dict[Situation, str]] = {
    "booked_ahead": "The person has an appointment ahead (N-63).",
    "visited_lately": f"The person was here in the last {LATELY_DAYS} days.",
    "is_fleet": f"The customer has {FLEET_VEHICLES} vehicles or more: declined work is talked over with a fleet.",
}
"""Every situation as a sentence."""

assert set(SITUATIONS) == set(get_args(Situation))
