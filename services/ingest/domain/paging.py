"""Follows a vendor's pages to their end and no further: a listing that turns in circles or never ends is found out (S62)."""

from collections import deque
from typing import Final

from services.ingest.domain.connector import SourceFailedError

MOST_PAGES: Final = 20_000
_REMEMBERED: Final = 1000


class Turns:
    """Counts the pages of one listing. `what` is how a person would call it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._seen: deque[str] = deque(maxlen=_REMEMBERED)

    def turn(self, token: str) -> None:
        """Note that the page behind `token` comes next; raises SourceFailedError when it was there already or is one too many."""
        self._count += 1
        if token in self._seen or self._count > MOST_PAGES:
            raise SourceFailedError(f"The source's pages of {self._what} do not end.")
        self._seen.append(token)
