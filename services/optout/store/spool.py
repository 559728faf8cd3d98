"""The opt-outs of a time without a database: a local append-only file, fsynced before anybody is answered (F5, N-40).

While it holds anything no lease is granted. Every process with this state folder shares the file under a file lock; processes on
other machines do not see it, so machines that serve the doors and machines that grant leases share the folder or are the same.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.optout.domain.entries import NewEntry
from services.optout.store.ballast import Ballast
from services.optout.store.durable_file import GroupedWriter, append_lines, locked, within
from services.optout.store.entry_lines import entry_in, line_of
from shared.kit.errors import Problem
from shared.kit.files import sync_folder
from shared.kit.logs import log

_LOCK_SECONDS: Final = 0.5
_KEEP_SECONDS: Final = 0.75
"""A write takes milliseconds; a consumer who has waited 2 s for the database and must wait for a lease has no more to spare within the 8 s."""
_READ_SECONDS: Final = 2.0


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

    def __init__(self, folder: Path, *, ballast: Ballast) -> None:
        self._path = folder / "optout-spool.ndjson"
        self._folder_is_synced = False
        self._writer = GroupedWriter(self._append, seconds=_KEEP_SECONDS, ballast=ballast)

    def is_empty(self) -> bool:
        """Tell whether every kept entry has been replayed; a folder that cannot be read counts as not empty."""
        try:
            return self._path.stat().st_size == 0
        except FileNotFoundError:
            return True
        except OSError:
            return False

    async def keep(self, entry: NewEntry, *, mailto: str) -> None:
        """Write an entry and fsync it, many to one fsync; raise OptoutNotKeptError when the disk refuses or takes longer than 0.75 s."""
        try:
            await self._writer.append(line_of(entry))
        except OSError as error:
            log("optout.spool").error("spool_unwritable", exc_info=error)
            raise OptoutNotKeptError(mailto=mailto) from None

    async def read(self) -> Kept:
        """Return everything that is kept; the file is free again at once. Raises OSError, TimeoutError after 2 s."""
        content = await within(_READ_SECONDS, self._content)
        found = (entry_in(line) for line in content.split(b"\n") if line)
        return Kept(content, tuple(entry for entry in found if entry is not None))

    async def drop(self, kept: Kept) -> bool:
        """Empty the file if it still holds exactly what was read; return whether it is empty now.

        If more was kept in the meantime (or another process was faster) everything stays and the next replay finds repeats, which are
        harmless. Rewriting the file without its beginning could lose the rest in a crash.
        """
        return await within(_READ_SECONDS, lambda: self._drop(kept.content))

    def _append(self, lines: bytes) -> None:
        with locked(self._path, seconds=_LOCK_SECONDS) as file:
            append_lines(file, lines)
            if not self._folder_is_synced:
                sync_folder(self._path.parent)
                self._folder_is_synced = True

    def _content(self) -> bytes:
        with locked(self._path, seconds=_READ_SECONDS) as file:
            return _read(file)

    def _drop(self, content: bytes) -> bool:
        with locked(self._path, seconds=_READ_SECONDS) as file:
            if _read(file) == content:
                os.ftruncate(file, 0)
                os.fsync(file)
            return os.fstat(file).st_size == 0


def _read(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)
