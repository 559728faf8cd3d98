"""The opt-outs of a time without a database: a local append-only file, fsynced before anybody is answered (F5, N-40).

While it holds anything no lease is granted. Every process with this state folder shares the file under a file lock; processes on
other machines do not see it, so machines that serve the doors and machines that grant leases share the folder or are the same.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from services.optout.domain.entries import NewEntry
from shared.kit.errors import Problem
from shared.kit.logs import log

_UUIDS: Final = ("subscriber_id", "entry_id", "location_id", "person_id")
_INSTANTS: Final = ("occurred_at", "valid_until")


class OptoutNotKeptError(Problem):
    """Neither database nor spool could be written: nothing was stored and nothing is claimed."""

    status, code, title = 503, "optout_not_kept", "The opt-out could not be stored; write to the address in `mailto`."
    headers = {"Retry-After": "60"}  # noqa: RUF012 - ClassVar of the base


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
        """Write an entry and fsync it; raise OptoutNotKeptError when the disk refuses."""
        try:
            await asyncio.to_thread(self._append, json.dumps(asdict(entry), default=str).encode() + b"\n")
        except OSError as error:
            log("optout.spool").error("spool_unwritable", exc_info=error)
            raise OptoutNotKeptError(mailto=mailto) from None

    @contextmanager
    def entries(self) -> Iterator[list[NewEntry]]:
        """Lend all kept entries with the file locked; on a clean end of the block the file is emptied.

        Raises BlockingIOError while another process has it, so that an event loop never waits for a lock.
        """
        with self._locked(fcntl.LOCK_EX | fcntl.LOCK_NB) as file:
            kept = [entry for line in _read(file).split(b"\n") if line and (entry := _entry_from(line)) is not None]
            yield kept
            os.ftruncate(file, 0)
            os.fsync(file)

    def _append(self, line: bytes) -> None:
        with self._locked() as file:
            before = os.fstat(file).st_size
            try:
                if os.write(file, line) != len(line):
                    raise OSError("short write")
                os.fsync(file)
            except OSError:
                os.ftruncate(file, before)
                raise

    @contextmanager
    def _locked(self, mode: int = fcntl.LOCK_EX) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, mode)
            if not self._folder_is_synced:
                _sync_folder(self._path.parent)
                self._folder_is_synced = True
            yield file
        finally:
            os.close(file)


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
