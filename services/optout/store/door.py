"""What every way to opt out needs, opened once per process and handed to the actions."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final, Self

from services.optout.domain.link_use import LinkUse
from services.optout.domain.promptness import Promptness
from services.optout.store.ballast import Ballast
from services.optout.store.group_commit import GroupCommit
from services.optout.store.journal import FileJournal, Journal
from services.optout.store.recovery import Recovery, Standing
from services.optout.store.spool import Spool
from services.optout.store.watch import Watch
from shared.kit.db import Database

LONGEST_ANSWER_SECONDS: Final = 8.0
"""By then every lease granted without the entry has run out (5 s) and every holder that received it had its 2 s and one more."""

SPOOL_MARGIN_SECONDS: Final = 0.25
"""Clocks that run at different speeds. 2 s for the database, 0.75 s for the spool, one lease and this are the 8 s."""


@dataclass(frozen=True, slots=True)
class Door:
    """`database` is the worker role's: polls and permission cross subscribers. Doors have a pool of their own behind `ledger` and `watch`, so that
    no flood of questions takes their connections. `mailto` is the way that remains when nothing can be stored.
    """

    database: Database
    ledger: GroupCommit
    watch: Watch
    spool: Spool
    journal: Journal
    ballast: Ballast
    recovery: Recovery
    lease_seconds: float
    mailto: str
    promptness: Promptness = field(default_factory=Promptness)
    link_use: LinkUse = field(default_factory=LinkUse)

    @classmethod
    def open(
        cls,
        database: Database,
        doors: Database,
        *,
        folder: Path,
        ballast: Ballast,
        attempt: "Callable[[Door], Awaitable[Standing]]",
        lease_seconds: float,
        mailto: str,
    ) -> Self:
        """Open a door; from now on the first answer waits one full lease (leases of before a restart). `attempt` brings its database up to date."""
        watch = Watch(doors, lease_seconds=lease_seconds)
        journal = FileJournal(folder / "journal", ballast=ballast)
        ledger = GroupCommit(doors, journal, ballast)
        spool = Spool(folder, ballast=ballast)
        door: Self
        recovery = Recovery(lambda: attempt(door))
        door = cls(database, ledger, watch, spool, journal, ballast, recovery, lease_seconds, mailto)
        return door

    def signals(self) -> list[str]:
        """Return what an operator should look at, none if all is well.

        `optout_slow`: more than 1 % of five minutes' opt-outs took longer than 1 s; `catching_up`: no database, or one behind the journal, so nothing
        is sent; `spool_not_empty`: opt-outs on disk only, nothing is sent; `ballast_missing`: the disk is or was full; `links_guessed`: more than
        100 links of five minutes were none of ours; `optout_flood`: one network used more than 500 in five minutes.
        """
        now = monotonic()
        found = {
            "optout_slow": self.promptness.is_slow(at=now),
            "catching_up": self.recovery.standing is None,
            "spool_not_empty": not self.spool.is_empty(),
            "ballast_missing": self.ballast.is_missing,
            "links_guessed": self.link_use.is_guessed_at(at=now),
            "optout_flood": self.link_use.is_flooded(at=now),
        }
        return [name for name, holds in found.items() if holds]

    async def close(self) -> None:
        """Finish appends, stop reading."""
        await self.recovery.close()
        await self.ledger.close()
        await self.watch.close()
