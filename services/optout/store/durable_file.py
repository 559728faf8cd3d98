"""Small files that must not lose what was answered: appended under a lock, fsynced, many callers to one fsync.

When the disk is full the ballast is given up once and the write is tried again, because an opt-out needs a few hundred octets (reliability 5.4).
"""

import asyncio
import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final, Generic, TypeVar

from services.optout.store.ballast import Ballast

_LOCK_PAUSE_SECONDS: Final = 0.005

Result = TypeVar("Result")


class GroupedWriter(Generic[Result]):
    """Writes blocks in threads, one write at a time; whoever comes while one runs shares the next, so that a flood costs few fsyncs."""

    def __init__(self, write: Callable[[bytes], Result], *, seconds: float, ballast: Ballast) -> None:
        self._write, self._seconds, self._ballast = write, seconds, ballast
        self._waiting: list[tuple[bytes, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None

    async def append(self, block: bytes) -> Result:
        """Return what the write returned once the block is on disk; raise OSError, TimeoutError (which is one) when it takes too long."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((block, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        async with asyncio.timeout(self._seconds):
            return await answer

    async def _run(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            block = b"".join(each for each, _ in group)
            try:
                result = await asyncio.to_thread(self._write_or_make_room, block)
            except Exception as error:
                for _, answer in group:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for _, answer in group:
                if not answer.done():
                    answer.set_result(result)

    def _write_or_make_room(self, block: bytes) -> Result:
        try:
            return self._write(block)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._ballast.release():
                raise
            return self._write(block)


async def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Run file work in a thread; a disk that hangs, or threads that all wait for it, end in TimeoutError (which is an OSError)."""
    async with asyncio.timeout(seconds):
        return await asyncio.to_thread(work)


@contextmanager
def locked(path: Path, *, seconds: float) -> Iterator[int]:
    """Open a file for appending with its lock, made if it is not there. A frozen process that has the lock must not hold our threads for good."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        deadline = monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if monotonic() > deadline:
                    raise TimeoutError(f"{path.name} is locked") from None
                sleep(_LOCK_PAUSE_SECONDS)
        yield file
    finally:
        os.close(file)


def append_lines(file: int, lines: bytes) -> int:
    """Append whole lines, fsync and return the file's size; on failure the file is as it was. A torn last line of a dead writer is closed first."""
    before = os.fstat(file).st_size
    if before and os.pread(file, 1, before - 1) != b"\n":
        lines = b"\n" + lines
    try:
        if os.write(file, lines) != len(lines):
            raise OSError(errno.ENOSPC, "short write")
        os.fsync(file)
    except OSError:
        os.ftruncate(file, before)
        raise
    return before + len(lines)
