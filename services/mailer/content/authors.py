"""Who may have a content compiled now: few at once, one of a business, and of a business only so much of the processor in the long run.

Whoever saves or previews a costly content again and again then takes a tenth of one core, whatever the machine's scheduler makes of it, and holds up
no neighbour's mail (S52).
"""

import contextlib
import resource
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Final
from uuid import UUID

from services.mailer.domain.refusals import AuthorsBusyError

MOST_AT_ONCE: Final = 3
BURST_SECONDS: Final = 3.0
"""CPU seconds that a business may use at once: a dozen ordinary previews, or one that is stopped for its cost."""
_SHARE: Final = 0.1
_MOST_KNOWN: Final = 10_000


@dataclass
class Authors:
    """The authors at one process. A business is its id; stock content, which is the product's own, has none and no limit but the places."""

    _busy: list[UUID | None] = field(default_factory=list)
    _spent: dict[UUID, tuple[float, float]] = field(default_factory=dict)
    """CPU seconds not yet forgiven, and the monotonic moment they were counted at."""
    _measured: float = 0.0

    @contextlib.contextmanager
    def admit(self, owner: UUID | None) -> Iterator[None]:
        """Let one of `owner` compile while the block runs and charge what its processes took.

        Raises AuthorsBusyError: whoever waited instead would hold a database connection.
        """
        if len(self._busy) >= MOST_AT_ONCE or (owner is not None and not self._may_go(owner)):
            raise AuthorsBusyError
        if not self._busy:
            self._measured = _cpu_of_children()
        self._busy.append(owner)
        try:
            yield
        finally:
            self._busy.remove(owner)
            before, self._measured = self._measured, _cpu_of_children()
            if owner is not None:
                self.charge(owner, self._measured - before)

    def charge(self, owner: UUID, cpu_seconds: float) -> None:
        """Note what a business has used."""
        if len(self._spent) >= _MOST_KNOWN:
            self._spent = {each: kept for each, kept in self._spent.items() if self._left_of(each) > 0}
        self._spent[owner] = (self._left_of(owner) + cpu_seconds, monotonic())

    def _may_go(self, owner: UUID) -> bool:
        return owner not in self._busy and self._left_of(owner) < BURST_SECONDS

    def _left_of(self, owner: UUID) -> float:
        spent, at = self._spent.get(owner, (0.0, 0.0))
        return max(0.0, spent - (monotonic() - at) * _SHARE)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
