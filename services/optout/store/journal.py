"""The journal of what restricts (opt-outs, tombstones), outside the database, so that a restored backup resurrects nobody (I20, F24).

Written and fsynced before the database commits, hence before anybody is answered: what is in the ledger is in the journal. `FileJournal` keeps it in
numbered files beside the spool; an object store would offer the same four methods. A position is the file's number and the offset within it.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID, uuid4

from services.optout.domain.entries import NewEntry
from services.optout.store.ballast import Ballast
from services.optout.store.durable_file import GroupedWriter, append_lines, locked, within
from services.optout.store.entry_lines import entry_in, line_of
from shared.kit.files import sync_folder

_LONGEST_SECONDS: Final = 1.5
"""A write takes about a millisecond; what takes longer than this is a disk that hangs, and the door turns to its spool."""
_FULL_OCTETS: Final = 16 << 20
_OFFSET_BITS: Final = 32
_READ_OCTETS: Final = 256 << 10
START: Final = 0


class Keeps(Protocol):
    """Takes entries that restrict before they are committed."""

    async def append(self, entries: Sequence[NewEntry]) -> None:
        """Keep entries for good; raise OSError if they are not."""
        ...


class NotAgain:
    """Stands in for the journal where its own entries are brought back."""

    async def append(self, entries: Sequence[NewEntry]) -> None:
        """Keep nothing: it came from the journal."""


class Journal(Keeps, Protocol):
    """Where entries that restrict are kept beside the database."""

    @property
    def journal_id(self) -> UUID:
        """Names this journal in the database's checkpoints; another one after the journal was lost."""
        ...

    async def end(self) -> int:
        """Return the position behind the last entry."""
        ...

    async def read(self, after: int) -> tuple[list[NewEntry], int]:
        """Return some entries behind a position and the position behind them; none and the same position at the end."""
        ...

    async def forget(self, before: int, *, written_before: datetime) -> int:
        """Remove what lies before a position and is older than an instant; return how much was removed."""
        ...


class FileJournal:
    """Files `<journal_id>.<number>` in a folder that every process of this machine shares under a file lock."""

    def __init__(self, folder: Path, *, ballast: Ballast, full_octets: int = _FULL_OCTETS) -> None:
        self._folder, self._full_octets = folder, full_octets
        self._writer = GroupedWriter(self._append, seconds=_LONGEST_SECONDS, ballast=ballast)
        self._id: UUID | None = None

    @property
    def journal_id(self) -> UUID:
        """Names this journal; made with the first file."""
        if self._id is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with locked(self._folder / "lock", seconds=_LONGEST_SECONDS):
                self._id = self._found_id() or self._begin()
        return self._id

    async def append(self, entries: Sequence[NewEntry]) -> None:
        """Keep entries for good, many callers to one fsync; raise OSError (TimeoutError after 1.5 s) if they are not."""
        if entries:
            await self._writer.append(b"".join(map(line_of, entries)))

    async def end(self) -> int:
        """Return the position behind the last entry. Raises OSError."""
        return await within(_LONGEST_SECONDS, self._end)

    async def read(self, after: int) -> tuple[list[NewEntry], int]:
        """Return the entries of at most 256 kB behind a position, and the position behind them. Raises OSError."""
        return await within(_LONGEST_SECONDS, lambda: self._read(after))

    async def forget(self, before: int, *, written_before: datetime) -> int:
        """Remove files that end before a position the database has in its checkpoints and were last written before an instant; return how many.

        The instant is further back than any backup that may be restored: an older one would miss what the files held. Raises OSError.
        """
        return await within(_LONGEST_SECONDS, lambda: self._forget(before, written_before.timestamp()))

    def _forget(self, before: int, written_before: float) -> int:
        paths = [self._path(number) for number in self._numbers()[:-1] if number < before >> _OFFSET_BITS]
        old = [path for path in paths if path.stat().st_mtime < written_before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _append(self, lines: bytes) -> None:
        _ = self.journal_id
        with locked(self._folder / "lock", seconds=_LONGEST_SECONDS):
            number = (self._numbers() or [1])[-1]
            path = self._path(number)
            if path.exists() and path.stat().st_size >= self._full_octets:
                path = self._path(number + 1)
            is_new = not path.exists()
            file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                append_lines(file, lines)
            finally:
                os.close(file)
            if is_new:
                sync_folder(self._folder)

    def _end(self) -> int:
        _ = self.journal_id
        numbers = self._numbers()
        return _position(numbers[-1], self._path(numbers[-1]).stat().st_size) if numbers else START

    def _read(self, after: int) -> tuple[list[NewEntry], int]:
        _ = self.journal_id
        for number in self._numbers():
            if number < after >> _OFFSET_BITS:
                continue
            offset = after & ((1 << _OFFSET_BITS) - 1) if number == after >> _OFFSET_BITS else 0
            lines = self._lines(number, offset)
            if lines:
                found = (entry_in(line) for line in lines.split(b"\n") if line)
                return [entry for entry in found if entry is not None], _position(number, offset + len(lines))
        return [], after

    def _lines(self, number: int, offset: int) -> bytes:
        """Return whole lines from an offset on; what a writer has not finished, or never will, is left out."""
        with self._path(number).open("rb") as file:
            file.seek(offset)
            content = file.read(_READ_OCTETS)
        return content[: content.rfind(b"\n") + 1]

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._id}.{number:08d}"

    def _numbers(self) -> list[int]:
        return sorted(int(path.suffix[1:]) for path in self._folder.glob(f"{self._id}.*"))

    def _found_id(self) -> UUID | None:
        return next((UUID(path.stem) for path in _files(self._folder)), None)

    def _begin(self) -> UUID:
        journal_id = uuid4()
        (self._folder / f"{journal_id}.{1:08d}").touch(mode=0o600)
        sync_folder(self._folder)
        return journal_id


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix[1:].isdigit())


def _position(number: int, offset: int) -> int:
    return number << _OFFSET_BITS | offset
