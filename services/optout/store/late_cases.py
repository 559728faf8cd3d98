"""What the health answer says of privacy cases: looked up at most twice a minute, and never in the way of an answer."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Final

from services.optout.store.cases import find_late
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.logs import log

_LOOKS_SECONDS: Final = 30.0
_LONGEST_SECONDS: Final = 0.5
_WAITS: Final = timedelta(hours=1)
"""Services carry an erasure out within minutes; one that has not after an hour is down or stuck."""


@dataclass
class LateCases:
    """The signals `privacy_case_overdue` and `erasure_waits`, as of the last look that succeeded."""

    database: Database
    clock: Clock
    _known: list[str] = field(default_factory=list)
    _looked_at: float = float("-inf")

    async def signals(self) -> list[str]:
        """Return them; with the database down the last known ones."""
        if monotonic() - self._looked_at > _LOOKS_SECONDS:
            self._looked_at, now = monotonic(), self.clock.now()
            try:
                async with asyncio.timeout(_LONGEST_SECONDS):
                    self._known = await find_late(self.database, now=now, waits_since=now - _WAITS)
            except Exception as error:
                log("optout.cases").warning("late_cases_unknown", exc_info=error)
        return self._known
