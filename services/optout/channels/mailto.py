"""A mail came to the mailto address of List-Unsubscribe (L-037), empty or not: told by the mailer, which has proven its token."""

from typing import Final

from services.optout.channels._channel import Channel

CHANNEL: Final = Channel(slug="mailto", reporters=frozenset(("mailer",)))
