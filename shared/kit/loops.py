"""Background loops: each runs for ever, backs off when it fails and ends at once when told to stop; idle ones grow quiet."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.kit.bell import QUIET_SECONDS, Pace, pause
from shared.kit.logs import log

__all__ = ["Loop", "pause", "run_loop", "run_loops"]

_LONGEST_BACKOFF_SECONDS = 15.0
_WORTH_A_WARNING = 4


@dataclass(frozen=True, slots=True)
class Loop:
    """`step` does one slice of work and returns whether there may be more at once; `idle_seconds` is the pause after "no".

    While the answer stays "no" the pause grows to `quiet_seconds` (or stays, if it is longer); the bell ends it early.
    """

    name: str
    step: Callable[[], Awaitable[bool]]
    idle_seconds: float = 1.0
    quiet_seconds: float = QUIET_SECONDS


async def run_loop(loop: Loop, stop: asyncio.Event) -> None:
    """Run one loop until `stop`; an exception is logged by type and answered by full-jitter back-off."""
    failures = 0
    pace = Pace(loop.idle_seconds, loop.quiet_seconds)
    while not stop.is_set():
        try:
            more = await loop.step()
            failures = 0
        except Exception as error:
            failures += 1
            # A neighbour that is still starting is no news: only what lasts is a warning.
            tell = log("kit.loops").info if failures < _WORTH_A_WARNING else log("kit.loops").warning
            tell("loop_failed", loop=loop.name, failures=failures, exc_info=error)
            await pause(stop, random.uniform(0.1, min(_LONGEST_BACKOFF_SECONDS, 0.2 * 2**failures)))  # noqa: S311 - jitter
            continue
        if more:
            pace.busy()
        else:
            await pace.rest(stop)


async def run_loops(loops: Sequence[Loop], stop: asyncio.Event) -> None:
    """Run loops side by side until `stop`."""
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(run_loop(loop, stop), name=loop.name)
