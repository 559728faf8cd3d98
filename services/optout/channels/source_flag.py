"""The practice or shop system says that this person wants no mail (S-037, N-23): told by ingest before it answers the batch."""

from typing import Final

from services.optout.channels._channel import Channel

CHANNEL: Final = Channel(slug="source_flag", reporters=frozenset(("ingest",)))
