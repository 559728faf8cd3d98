"""The reader answered a mail with a short refusal (L-024, N-32): told by the mailer, which has read it."""

from typing import Final

from services.optout.channels._channel import Channel

CHANNEL: Final = Channel(slug="reply", reporters=frozenset(("mailer",)))
