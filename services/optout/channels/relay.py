"""The relay reports that the reader has unsubscribed with it: told by the mailer, which has proven the relay's signature."""

from typing import Final

from services.optout.channels._channel import Channel

CHANNEL: Final = Channel(slug="relay", reporters=frozenset(("mailer",)))
