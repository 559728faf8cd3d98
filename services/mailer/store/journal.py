"""The reply journal: a local file of replies that were read but not yet settled, so that a kill does not turn known outcomes into doubts.

A line is written before the settlement is queued and replayed at the next start. No fsync: what a killed process wrote survives in the page cache;
after a power cut the rows are `uncertain`, which is true. The journal only sharpens the picture: a line that cannot be written or read costs a doubt,
never a message, so neither stops the worker.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter, ValidationError

from services.mailer.store.settling import Settlement
from shared.kit.logs import log

_ROW: Final = TypeAdapter(Settlement, config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))
_ROTATE_OCTETS = 8 * 1024 * 1024


class ReplyJournal:
    """One worker's journal, locked for as long as the worker lives: an unlocked journal belongs to a dead one."""

    def __init__(self, folder: Path, worker_id: UUID) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{worker_id}.journal"
        self._file = _open_locked(self._path)
        self._octets = 0
        self._is_torn = False

    def note(self, settlement: Settlement) -> None:
        """Append one settlement before it is queued; raise OSError if it could not be written whole (a full disk)."""
        line = _write(settlement)
        if self._is_torn:  # end what a full disk left in mid-line
            line = b"\n" + line
        self._is_torn = True
        written = os.write(self._file, line)
        self._octets += written
        if written < len(line):
            raise OSError(errno.ENOSPC, "journal line cut short")
        self._is_torn = False

    def forget(self) -> None:
        """Empty the journal once everything noted is settled, if it has grown; settlements are idempotent, so nothing depends on it."""
        if self._octets > _ROTATE_OCTETS:
            os.ftruncate(self._file, 0)
            self._octets = 0

    def close(self) -> None:
        """Remove the journal after a clean stop."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def dead_journals(folder: Path) -> Iterator[tuple[UUID, list[Settlement]]]:
    """Yield each dead worker with its settlements; the journal is removed when the caller comes back for the next."""
    for path in sorted(folder.glob("*.journal")):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield UUID(path.stem), list(_read_all(file.read()))
            path.unlink(missing_ok=True)


def _open_locked(path: Path) -> int:
    """Open and lock; again if a neighbour's recovery took the new, not yet locked file for a dead one's and removed it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:
            return file
        os.close(file)


def _read_all(lines: bytes) -> Iterator[Settlement]:
    """Yield what can be read; the last line may have been cut by the kill, any other by a full disk."""
    for line in lines.splitlines():
        try:
            yield _ROW.validate_json(line)
        except ValidationError:
            if line:
                log("mailer.journal").warning("journal_line_unreadable", octets=len(line))


def _write(given: Settlement) -> bytes:
    return _ROW.dump_json(given) + b"\n"
