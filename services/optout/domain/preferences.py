"""The preference page: what stands for each topic, and what its button switches on again (L-012, L-015, S-038)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from services.optout.domain.choices import Choice, entry_from_link, stable_id
from services.optout.domain.entries import LedgerEntry, NewEntry
from services.optout.domain.lifting import lift_of, standing_stops
from shared.schemas.token import OptoutToken
from shared.schemas.topics import ARRANGED, TOPICS, Topic

CHANNEL: Final = "preferences"
EVERYTHING: Final = Choice("nothing", "business", "all")
"""Nothing at all any more from this business."""

_SWITCHES: Final = frozenset({CHANNEL, "front_desk"})
"""Channels whose topics the page may switch on again: the person's own choice, or what they told the staff."""


@dataclass(frozen=True, slots=True)
class TopicState:
    """`fixed`: stopped in a way that only another act ends. `off`: by these opt-outs (a list per place, oldest first), and by nothing else.

    `is_narrowed`: advertising has been stopped, so it is about transactional mail only.
    """

    stands: Literal["on", "off", "fixed"]
    stops: tuple[list[LedgerEntry], ...] = ()
    is_narrowed: bool = False

    def digest(self, topic: Topic) -> UUID:
        """Name what switches the topic off: another name after anybody has stopped it anew."""
        return stable_id(topic, *sorted(link.entry.entry_id for standing in self.stops for link in standing))


def topic_states(entries: Iterable[LedgerEntry], *, location_id: UUID) -> dict[Topic, TopicState]:
    """Return how each topic stands for an address, by the entries of its business and of the platform about it.

    What stops one location alone counts for a topic at that location; an opt-out of all its mail is not the business's and fixes nothing.
    """
    standing = standing_stops(entries)
    is_narrowed = any(each[0].entry.topic is None and each[0].entry.scope == "business" for each in standing)
    states: dict[Topic, TopicState] = {}
    for topic in TOPICS:
        stops = tuple(each for each in standing if _speaks_of(each[0].entry, topic, location_id))
        if not stops:
            states[topic] = TopicState("on", is_narrowed=is_narrowed)
        elif all(_is_switch(link.entry) for each in stops for link in each):
            states[topic] = TopicState("off", stops, is_narrowed)
        else:
            states[topic] = TopicState("fixed")
    return states


def stops_by_preferences(link: OptoutToken, topics: Iterable[Topic], *, at: datetime) -> list[NewEntry]:
    """Return the opt-outs of these topics, for the whole business."""
    choices = [Choice(topic, "business", "all", topic) for topic in topics]
    return [entry_from_link(link, choice, channel=CHANNEL, at=at) for choice in choices]


def lifts_by_preferences(
    entries: Iterable[LedgerEntry], link: OptoutToken, shown: Mapping[Topic, UUID], *, at: datetime
) -> list[NewEntry]:
    """Return the lifts of topics that were switched on: of those that stand exactly as the page has `shown` them (digests), and of no others.

    A stop that came after the page was shown stays, and so does one that somebody else said.
    """
    states = topic_states(entries, location_id=link.location_id)
    return [
        lift_of(each[0].entry, channel=CHANNEL, evidence=f"message:{link.message_id}", at=at)
        for topic, digest in shown.items()
        if states[topic].stands == "off" and states[topic].digest(topic) == digest
        for each in states[topic].stops
    ]


def _speaks_of(entry: NewEntry, topic: Topic, location_id: UUID) -> bool:
    if entry.topic is None:
        return entry.scope != "location" and (entry.suppression_class == "all" or topic not in ARRANGED)
    return entry.topic == topic and (entry.scope != "location" or entry.location_id == location_id)


def _is_switch(entry: NewEntry) -> bool:
    return entry.topic is not None and entry.channel in _SWITCHES
