"""Whether this process may grant leases and permission: only on a database that has everything the journal holds (I20, F24).

The service starts without a database, and opting out goes on by the spool meanwhile;
a database that comes, or comes back, is brought up to date first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.kit.db import UnsafeRoleError
from shared.kit.errors import BusyError
from shared.kit.logs import log

_FIRST_SECONDS: Final = 3.0
"""A start waits so long for its first attempt; a database that hangs must not keep the door shut."""
_PAUSES: Final = (0.1, 2.0)


class CatchingUpError(BusyError):
    """The ledger is being brought up to date after a start or a restore; nothing is allowed until then."""

    code, title = "catching_up", "The permission ledger is being brought up to date; try again shortly."


@dataclass(frozen=True, slots=True)
class Standing:
    """The database as it was brought up to date: its epoch, and when its server was started. A restore changes one of them."""

    epoch: UUID
    server_started: str


class Recovery:
    """Runs `attempt` (open, replay; it returns where the database stands) until it succeeds: after a start and after every restart of the
    server.
    """

    def __init__(self, attempt: Callable[[], Awaitable[Standing]]) -> None:
        self._attempt = attempt
        self._standing: Standing | None = None
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()

    @property
    def standing(self) -> Standing | None:
        """Where the database stands, None until it has been brought up to date."""
        return self._standing

    async def start(self) -> None:
        """Try once, at most 3 s, and go on in the background; raise UnsafeRoleError if the first attempt met such a role."""
        self.begin()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_SECONDS):
                await self._tried.wait()
        if self._task is not None and self._task.done():
            self._task.result()

    def begin(self) -> None:
        """Bring the database up to date; until that is done nothing is granted. Does nothing while it is being done."""
        if self._task is None or self._task.done():
            self._standing = None
            self._task = asyncio.create_task(self._run())

    def covers(self, found: Standing) -> bool:
        """Tell whether this is the database that was brought up to date; if not, begin."""
        if self._standing == found:
            return True
        self.begin()
        return False

    def require(self) -> None:
        """Raise CatchingUpError until the database has been brought up to date."""
        if self._standing is None:
            raise CatchingUpError

    async def close(self) -> None:
        """Stop trying."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._task

    async def _run(self) -> None:
        pause, longest = _PAUSES
        while True:
            try:
                self._standing = await self._attempt()
            except UnsafeRoleError:
                log("optout.recovery").error("unsafe_role")
                raise
            except Exception as error:
                log("optout.recovery").warning("not_up_to_date", exc_info=error)
            else:
                return
            finally:
                self._tried.set()
            await asyncio.sleep(pause)
            pause = min(longest, pause * 2)
