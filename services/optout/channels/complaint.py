"""The mailbox provider says that the reader called a mail of ours spam (L-077, N-34): told by the mailer, which has proven the mail ours."""

from typing import Final

from services.optout.channels._channel import Channel

CHANNEL: Final = Channel(slug="complaint", reporters=frozenset(("mailer",)))
