"""Recent failures of the token endpoint, in this process's memory: secrets are too long to guess, so it is our CPU and log that are guarded."""

from collections import OrderedDict
from typing import Final

from services.portal.domain.throttle import (
    PER_CLIENT,
    PER_SOURCE,
    Bucket,
    seconds_to_wait,
    with_failure,
)

_MOST: Final = 20_000
"""Buckets and friends kept; about 200 octets each, the longest unused go first."""


class FailureMemory:
    """Leaking buckets per client and per source; instants are monotonic seconds given by the caller.

    A client that has lately succeeded from a source is heard from there whatever others did in its name (S15: no lock).
    """

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()
        self._friends: OrderedDict[tuple[str, str], None] = OrderedDict()

    def seconds_to_wait(self, *, client_id: str, source: str, now: float) -> float:
        """Return how long this client at this source must wait before it is heard; 0 means now."""
        if (client_id, source) in self._friends:
            return 0.0
        client = self._buckets.get(("client", client_id), Bucket())
        place = self._buckets.get(("source", source), Bucket())
        return max(seconds_to_wait(client, now, PER_CLIENT), seconds_to_wait(place, now, PER_SOURCE))

    def note_failure(self, *, client_id: str, source: str, now: float) -> None:
        """Count a wrong secret."""
        for key, limit in ((("client", client_id), PER_CLIENT), (("source", source), PER_SOURCE)):
            self._buckets[key] = with_failure(self._buckets.get(key, Bucket()), now, limit)
            self._buckets.move_to_end(key)
        while len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)

    def note_success(self, *, client_id: str, source: str) -> None:
        """Remember that this client is at home at this source."""
        self._friends[(client_id, source)] = None
        self._friends.move_to_end((client_id, source))
        while len(self._friends) > _MOST:
            self._friends.popitem(last=False)
