"""What links in mails are used for, from the last minutes: the rules behind the health signals `links_guessed` and `optout_flood`.

Nobody is refused for it (S40): a person looks.
"""

from collections import Counter
from typing import Final

MOST_REFUSED: Final = 100
MOST_FROM_ONE_NETWORK: Final = 500
_MINUTES: Final = 5
_MOST_NETWORKS: Final = 10_000


class LinkUse:
    """Counts by the minute. Times are monotonic seconds, given by the caller; a network is the hash that limits count, too."""

    def __init__(self) -> None:
        self._refused: Counter[int] = Counter()
        self._opened: dict[int, Counter[str]] = {}

    def note_refused(self, *, at: float) -> None:
        """Count a link that is none of ours."""
        self._forget(at)
        self._refused[int(at // 60)] += 1

    def note_opened(self, network: str, *, at: float) -> None:
        """Count a link of ours that somebody of this network used. Of one minute at most 10,000 networks are counted."""
        self._forget(at)
        opened = self._opened.setdefault(int(at // 60), Counter())
        if network in opened or len(opened) < _MOST_NETWORKS:
            opened[network] += 1

    def is_guessed_at(self, *, at: float) -> bool:
        """Tell whether somebody tries links: more than 100 of the last five minutes were none of ours (N-112)."""
        self._forget(at)
        return self._refused.total() > MOST_REFUSED

    def is_flooded(self, *, at: float) -> bool:
        """Tell whether one network used more than 500 links in the last five minutes: a firm's mail filter, or somebody opts others out (S40)."""
        self._forget(at)
        return max(sum(self._opened.values(), Counter[str]()).values(), default=0) > MOST_FROM_ONE_NETWORK

    def _forget(self, at: float) -> None:
        oldest = int(at // 60) - _MINUTES + 1
        for counts in (self._refused, self._opened):
            for minute in [each for each in counts if each < oldest]:
                del counts[minute]
