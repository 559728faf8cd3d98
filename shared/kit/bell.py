"""The bell: whoever has written something in this process rings it, and loops that have grown quiet look at once instead of at their next turn.

It is a hint and carries nothing. What another process wrote, or what falls due by the clock, is found by looking; the bell only makes it sooner.
"""

import asyncio
import contextlib
import weakref
from collections.abc import AsyncIterator
from threading import Lock
from time import monotonic
from typing import Final

QUIET_SECONDS: Final = 1.0
"""The longest rest of a loop that looks for what other processes wrote or the clock brought."""
_GROWTH: Final = 1.5


class _Ear:
    """What a loop hears with; belongs to the event loop it was made in."""

    def __init__(self) -> None:
        self.heard = False
        self._home = asyncio.get_running_loop()
        self._alarm: asyncio.Timeout | None = None

    def ring(self) -> None:
        """Wake the loop, from any thread."""
        if not self.heard:
            with contextlib.suppress(RuntimeError):  # its event loop has ended
                self._home.call_soon_threadsafe(self._hear)

    async def sleep(self, stop: asyncio.Event, seconds: float) -> None:
        """Sleep until `stop`, a ring or the end of the time."""
        if self.heard or seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds) as self._alarm:
                await stop.wait()
        except TimeoutError:
            return
        finally:
            self._alarm = None

    def _hear(self) -> None:
        self.heard = True
        if self._alarm is not None:
            with contextlib.suppress(RuntimeError):  # it is going off already
                self._alarm.reschedule(self._home.time())


_ears: Final[weakref.WeakSet[_Ear]] = weakref.WeakSet()
_changing: Final = Lock()


def ring() -> None:
    """Say that something was written; from any thread, after the commit."""
    with _changing:
        hearing = list(_ears)
    for ear in hearing:
        ear.ring()


class Pace:
    """How long a loop rests between two looks: `least` seconds while there is something about, growing to `longest` while there is not.

    A ring ends a rest, but never before `least`: a busy neighbour makes nobody look more often than that.
    """

    def __init__(self, least: float, longest: float = QUIET_SECONDS) -> None:
        self._least, self._longest = least, max(least, longest)
        self._next = least
        self._ear: _Ear | None = None

    def busy(self) -> None:
        """There was something: the next rest is the least one."""
        self._next = self._least

    async def rest(self, stop: asyncio.Event) -> None:
        """Rest; wake at once when `stop` is set."""
        ear = self._ear or self._listen()
        await pause(stop, self._least)
        await ear.sleep(stop, self._rest_of_pause())
        self._next = self._least if ear.heard else min(self._longest, self._next * _GROWTH)
        ear.heard = False

    def _rest_of_pause(self) -> float:
        """The seconds after the least pause. Quiet loops of a process wake together, on whole seconds: waking up is most of what they cost."""
        rest = self._next - self._least
        return rest if self._next < self._longest else rest + -(monotonic() + rest) % min(1.0, self._longest)

    def _listen(self) -> _Ear:
        self._ear = _Ear()
        with _changing:
            _ears.add(self._ear)
        return self._ear


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but wake at once when `stop` is set."""
    if seconds > 0 and not stop.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()


@contextlib.asynccontextmanager
async def setting_too(stop: asyncio.Event, other: asyncio.Event) -> AsyncIterator[None]:
    """Within, `stop` sets `other` as well, so that a part which waits for work waits for one event: to wait for two costs two tasks each time."""

    async def pass_on() -> None:
        await stop.wait()
        other.set()

    passing = asyncio.create_task(pass_on())
    try:
        yield
    finally:
        passing.cancel()
