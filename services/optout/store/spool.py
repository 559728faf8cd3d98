"""The opt-outs of a time without a database: a local append-only file, fsynced before anybody is answered (F5, N-40).

While it holds anything no lease is granted. Every process with this state folder shares the file under a file lock; processes on
other machines do not see it, so machines that serve the doors and machines that grant leases share the folder or are the same.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, TypeVar
from uuid import UUID

from services.optout.domain.entries import NewEntry
from shared.kit.errors import Problem
from shared.kit.logs import log

_UUIDS: Final = ("subscriber_id", "entry_id", "location_id", "person_id")
_INSTANTS: Final = ("occurred_at", "valid_until")
_LONGEST_SECONDS: Final = 2.0
"""A write takes milliseconds; a consumer who has waited 2 s for the database is told the truth after 2 more."""
_LOCK_PAUSE_SECONDS: Final = 0.005

Result = TypeVar("Result")


class OptoutNotKeptError(Problem):
    """Neither database nor spool could be written: nothing was stored and nothing is claimed."""

    status, code, title = 503, "optout_not_kept", "The opt-out could not be stored; write to the address in `mailto`."
    headers = {"Retry-After": "60"}  # noqa: RUF012 - ClassVar of the base


@dataclass(frozen=True, slots=True)
class Kept:
    """What a reading of the spool found: the file's content and the entries in it."""

    content: bytes
    entries: tuple[NewEntry, ...]


class Spool:
    """One file of entries, a line each."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "optout-spool.ndjson"
        self._folder_is_synced = False

    def is_empty(self) -> bool:
        """Tell whether every kept entry has been replayed; a folder that cannot be read counts as not empty."""
        try:
            return self._path.stat().st_size == 0
        except FileNotFoundError:
            return True
        except OSError:
            return False

    async def keep(self, entry: NewEntry, *, mailto: str) -> None:
        """Write an entry and fsync it; raise OptoutNotKeptError when the disk refuses or takes longer than 2 s."""
        line = json.dumps(asdict(entry), default=str).encode() + b"\n"
        try:
            await _within_limit(lambda: self._append(line))
        except OSError as error:
            log("optout.spool").error("spool_unwritable", exc_info=error)
            raise OptoutNotKeptError(mailto=mailto) from None

    async def read(self) -> Kept:
        """Return everything that is kept; the file is free again at once. Raises OSError, TimeoutError after 2 s."""
        content = await _within_limit(self._content)
        found = (_entry_from(line) for line in content.split(b"\n") if line)
        return Kept(content, tuple(entry for entry in found if entry is not None))

    async def drop(self, kept: Kept) -> bool:
        """Empty the file if it still holds exactly what was read; return whether it is empty now.

        If more was kept in the meantime (or another process was faster) everything stays and the next replay finds repeats, which are
        harmless. Rewriting the file without its beginning could lose the rest in a crash.
        """
        return await _within_limit(lambda: self._drop(kept.content))

    def _append(self, line: bytes) -> None:
        with self._locked() as file:
            before = os.fstat(file).st_size
            if before and os.pread(file, 1, before - 1) != b"\n":  # a predecessor died in the middle of its line
                line = b"\n" + line
            try:
                if os.write(file, line) != len(line):
                    raise OSError("short write")
                os.fsync(file)
            except OSError:
                os.ftruncate(file, before)
                raise

    def _content(self) -> bytes:
        with self._locked() as file:
            return _read(file)

    def _drop(self, content: bytes) -> bool:
        with self._locked() as file:
            if _read(file) == content:
                os.ftruncate(file, 0)
                os.fsync(file)
            return os.fstat(file).st_size == 0

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            _lock(file)
            if not self._folder_is_synced:
                _sync_folder(self._path.parent)
                self._folder_is_synced = True
            yield file
        finally:
            os.close(file)


async def _within_limit(work: Callable[[], Result]) -> Result:
    """Run file work in a thread; a disk that hangs, or threads that all wait for it, end in TimeoutError (which is an OSError)."""
    async with asyncio.timeout(_LONGEST_SECONDS):
        return await asyncio.to_thread(work)


def _lock(file: int) -> None:
    """Take the file's lock, which is held for one write at a time. A frozen process that has it must not hold our threads for good."""
    deadline = monotonic() + _LONGEST_SECONDS
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > deadline:
                raise TimeoutError("the spool is locked") from None
            sleep(_LOCK_PAUSE_SECONDS)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _entry_from(line: bytes) -> NewEntry | None:
    """A torn last line was never answered: its process died before fsync returned."""
    try:
        values: dict[str, Any] = json.loads(line)
        for name in _UUIDS:
            values[name] = UUID(values[name]) if values[name] else None
        for name in _INSTANTS:
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        return NewEntry(**values)
    except (ValueError, KeyError, TypeError):
        log("optout.spool").error("spool_line_torn")
        return None
