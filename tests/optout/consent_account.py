"""Who said stop and which later acts of their own spoke of it: kept beside the code by a simpler rule, to judge the code by (I9)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from services.optout.domain.entries import NewEntry
from services.optout.domain.permission import Question
from shared.schemas.token import OptoutToken
from shared.schemas.topics import Topic

DENYING: Final = ("optout", "erasure")
"""Kinds that deny, named here again: who judges takes nothing from the judged."""


@dataclass(frozen=True)
class Ending:
    """An act of the person's own: `ends` are the stops it speaks of."""

    ends: frozenset[UUID]


@dataclass
class Account:
    """Who said stop (with the instant it was said and put on file), and which own acts came after. Stops survive a restore, own acts need not."""

    stops: dict[UUID, tuple[NewEntry, datetime]] = field(default_factory=dict)
    endings: list[Ending] = field(default_factory=list)
    signups: list[tuple[UUID, UUID, str, datetime]] = field(default_factory=list)

    def copy(self) -> "Account":
        """Return what a backup holds of it."""
        return Account(dict(self.stops), list(self.endings), list(self.signups))

    def in_force(self) -> list[NewEntry]:
        """Return the stops that no own act has ended."""
        ended = {entry_id for ending in self.endings for entry_id in ending.ends}
        return [stop for entry_id, (stop, _) in self.stops.items() if entry_id not in ended]


def covers(stop: NewEntry, question: Question) -> bool:
    """Tell in the words of the requirement whether a stop speaks of a message (S-035, N-27, L-125)."""
    concerns = stop.address_key == question.address_key or stop.person_id in question.person_ids
    by_class = stop.suppression_class == "all" or question.message_class == "commercial"
    where = {
        "platform": True,
        "business": stop.subscriber_id == question.subscriber_id,
        "location": stop.location_id == question.location_id,
    }
    by_topic = stop.topic is None or stop.topic == question.topic
    return concerns and by_class and by_topic and where[str(stop.scope)]


def may_be_switched_on(stop: NewEntry, link: OptoutToken, topic: Topic) -> bool:
    """Tell in the words of the requirement whether the preference page may take a stop back: exactly this topic's, of this address, made there or
    told to the front desk, for the business or the link's location (L-015, S-038)."""
    own = stop.kind == "optout" and stop.channel in ("preferences", "front_desk")
    whose = (stop.subscriber_id, stop.address_key, stop.topic) == (link.subscriber_id, link.address_key, topic)
    return own and whose and stop.location_id in (None, link.location_id)


def place_of(stop: NewEntry) -> tuple[object, ...]:
    """Return what a stop speaks of: whose mail, where, of which class and topic, to which address or about whom."""
    location_id = stop.location_id if stop.scope == "location" else None
    mail = (stop.suppression_class, stop.topic)
    return stop.subscriber_id, stop.scope, location_id, *mail, stop.address_key, stop.person_id
