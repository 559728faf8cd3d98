"""Situations in which a mail would come at the wrong moment: a campaign type names those that stop it, planning looks at the facts.

Each is looked at when a touch is planned and again at the last moment; the situation's name is then the reason on file (I18).
"""

from typing import Final, Literal, get_args

Situation = Literal[
    "not_in_audience",
    "booked_ahead",
    "visited_lately",
    "is_fleet",
    "is_minor",
    "asked_to_confirm",
    "asked_another_time",
    "reminded_soon",
    "other_mail",
    "had_same_lately",
    "been_before",
    "first_visit",
    "no_charge",
    "recare_running",
]

LATELY_DAYS: Final = 30
"""No win-back and no due-date mail within a month of a visit."""
FLEET_VEHICLES: Final = 5
"""From so many vehicles on a customer is a fleet."""
SITUATIONS: Final[dict[Situation, str]] = {
    "not_in_audience": "The person is not in the campaign's audience as its facts stand now.",
    "booked_ahead": "The person has an appointment ahead (N-63).",
    "visited_lately": f"The person was here in the last {LATELY_DAYS} days.",
    "is_fleet": f"The customer is a fleet (a fleet contact, or {FLEET_VEHICLES} vehicles or more): this is talked over with a fleet.",
    "is_minor": "The person is a minor: a mail of this kind does not speak of a child (L-122).",
    "asked_to_confirm": "The request to confirm reminds of the same appointment on the same day.",
    "asked_another_time": "The person has asked for another time: the front desk looks for one.",
    "reminded_soon": "It was booked inside the first reminder's time: the reminder says the same (N-46).",
    "other_mail": "Another mail to this person is planned or was sent already.",
    "had_same_lately": "The person had a mail of this campaign not long ago.",
    "been_before": "The person has been here more than once.",
    "first_visit": "It was the person's first visit.",
    "no_charge": "The order was refunded, zero or negative (N-73).",
    "recare_running": "The recare series has not ended yet.",
}
"""Every situation as a sentence."""

assert set(SITUATIONS) == set(get_args(Situation))
