"""Somebody told the business by phone, text or in person, and its staff recorded it (N-25, L-015): told by a client of the subscriber."""

from typing import Final

from services.optout.channels._channel import STAFF, Channel

CHANNEL: Final = Channel(slug="front_desk", reporters=frozenset((STAFF,)))
