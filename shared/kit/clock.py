"""Business time. One clock per process, movable across processes in demo and tests, so that a year can pass in a minute.

Leases take their database's clock and deadlines inside a process the monotonic one; neither comes from here.
"""

import asyncio
import mmap
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from shared.kit.bell import pause, ring

_WIDTH = 32
_LOOK_SECONDS = 0.1


class Clock(Protocol):
    """Anything that knows the time."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock plus an offset kept in a small file that every process of an installation reads (demo and tests only).

    The file is mapped, so that looking at it costs no system call.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), _WIDTH, access=mmap.ACCESS_READ)
        self._text, self._offset = b"", timedelta()

    def now(self) -> datetime:
        text = self._map[:]
        if text != self._text:
            self._text, self._offset = text, timedelta(seconds=float(text))
        return datetime.now(UTC) + self._offset

    async def ring_when_moved(self, stop: asyncio.Event) -> None:
        """Ring the bell whenever somebody has moved the clock: what falls due then is not waited for by quiet loops."""
        seen = self._map[:]
        while not stop.is_set():
            await pause(stop, _LOOK_SECONDS)
            if (offset := self._map[:]) != seen:
                seen = offset
                ring()


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        """Move the clock by a positive or negative span."""
        self._now += by
        ring()

    def set(self, to: datetime) -> None:
        """Put the clock at an instant."""
        self._now = to
        ring()


def write_offset(path: Path, seconds: float) -> None:
    """Move every ShiftedClock that reads `path`: one fixed-width write, so that a reader never sees half a number."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, f"{seconds:<{_WIDTH}.3f}".encode(), 0)
    finally:
        os.close(file)
