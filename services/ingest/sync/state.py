"""What the agent remembers between two runs, in a folder of its own on the practice's computer: a cursor and the batch on its way.

Every file is written whole or not at all and fsynced before its name appears, so that a power cut at any moment leaves the old state or the new one.
What is lost with the folder costs one full reading, never a wrong record: repeats are harmless (S-125).
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from services.ingest.domain.connector import Cursor
from shared.kit.files import write_private

_FILE: Final = "state.json"
_LOCK: Final = "lock"


class StateRefusedError(Exception):
    """The folder cannot be used; the text is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The batch on its way: its file, what is said of it, and the cursor once it is durable at ingest."""

    file: str
    batch_id: str
    params: dict[str, str]
    records: int
    cursor: dict[str, str] | None


@dataclass(slots=True)
class State:
    """The folder and what stands in it; `save` makes a change durable."""

    folder: Path
    connection_id: str
    cursor: Cursor = field(default_factory=dict)
    sequence: int = 0
    pending: Pending | None = None
    lock: IO[bytes] | None = None

    def close(self) -> None:
        """Let another run have the folder."""
        if self.lock is not None:
            self.lock.close()

    def next_sequence(self, milliseconds: int) -> int:
        """Return a number that grows with every batch, even after the folder was lost: the time, or one more than the last."""
        self.sequence = max(self.sequence + 1, milliseconds)
        return self.sequence

    def save(self) -> None:
        """Write everything down."""
        content: dict[str, Any] = {
            "connection_id": self.connection_id,
            "cursor": dict(self.cursor),
            "sequence": self.sequence,
            "pending": asdict(self.pending) if self.pending else None,
        }
        write_private(self.folder / _FILE, json.dumps(content).encode())

    def sweep(self) -> None:
        """Remove batches of a run that broke off before they were named: they hold people's data and will be made again."""
        kept = self.pending.file if self.pending else None
        for file in self.folder.glob("*.ndjson"):
            if file.name != kept:
                file.unlink()

    def settle(self, cursor: Cursor | None) -> None:
        """Forget the batch on its way, move to `cursor` if there is one, and only then remove the batch's file."""
        done, self.pending = self.pending, None
        if cursor is not None:
            self.cursor = dict(cursor)
        self.save()
        if done:
            (self.folder / done.file).unlink(missing_ok=True)


def open_state(folder: Path, connection_id: str) -> State:
    """Open the state, new or of an earlier run. Raises StateRefusedError for another connection's, one in use, or a folder that cannot be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _locked(folder / _LOCK)
        content = _read(folder / _FILE)
    except OSError as error:
        raise StateRefusedError(
            f"The folder {folder} cannot be used: {error.strerror or 'in use by another run'}."
        ) from None
    if content is None:
        return State(folder, connection_id, lock=lock)
    if content["connection_id"] != connection_id:
        if lock is not None:
            lock.close()
        raise StateRefusedError(f"The folder {folder} belongs to another connection: choose another one with --state.")
    pending = Pending(**content["pending"]) if content["pending"] else None
    return State(folder, connection_id, content["cursor"], content["sequence"], pending, lock)


def _read(path: Path) -> dict[str, Any] | None:
    """Return the content, None when there is none or a disk fault left nonsense: reading then starts again."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        Pending(**content["pending"]) if content["pending"] else None
        return content if isinstance(content["cursor"], dict) and isinstance(content["sequence"], int) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _locked(path: Path) -> IO[bytes] | None:
    """Keep a second run out for as long as this file is open; where the system has no such lock, do without."""
    try:
        import fcntl
    except ImportError:
        return None
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise BlockingIOError(0, "another run is using it") from None
    return file
