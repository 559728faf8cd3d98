"""What every way to opt out needs, opened once per process and handed to the actions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from services.optout.store.group_commit import GroupCommit
from services.optout.store.spool import Spool
from services.optout.store.watch import Watch
from shared.kit.db import Database

LONGEST_ANSWER_SECONDS: Final = 8.0
"""By then every lease granted without the entry has run out (5 s) and every holder that received it had its 2 s and one more."""

SPOOL_MARGIN_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Door:
    """`database` is the worker role's: doors and polls cross subscribers. `mailto` is the way that remains when nothing can be stored."""

    database: Database
    ledger: GroupCommit
    watch: Watch
    spool: Spool
    lease_seconds: float
    mailto: str

    @classmethod
    def open(cls, database: Database, *, folder: Path, lease_seconds: float, mailto: str) -> Self:
        """Open a door; from now on the first answer waits one full lease (leases of before a restart)."""
        watch = Watch(database, lease_seconds=lease_seconds)
        return cls(database, GroupCommit(database), watch, Spool(folder), lease_seconds, mailto)

    async def close(self) -> None:
        """Finish appends, stop reading."""
        await self.ledger.close()
        await self.watch.close()
