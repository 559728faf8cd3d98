"""Keep caught mail on disk, because the inbox survives a restart and the demo computes its table from raw bytes."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

KEEP = 50_000
PER_FOLDER = 1_000


@dataclass(frozen=True, slots=True)
class Caught:
    """One message as it arrived: envelope, times and what a list shows. `dot_at_monotonic` is the machine's monotonic clock
    in seconds when the final dot was read; `received_at` is UTC in ISO 8601."""

    id: int
    envelope_from: str
    rcpt: list[str]
    subject: str
    header_from: str
    message_id: str
    received_at: str
    dot_at_monotonic: float
    size: int


class Store:
    """Raw messages as files and an append-only index in `folder`; the newest `keep` stay. One process writes."""

    def __init__(self, folder: Path, keep: int = KEEP) -> None:
        self._folder = folder
        self._keep = keep
        self._rows: dict[int, Caught] = {}
        self._read: set[int] = set()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._load()
        self._index: BinaryIO = (folder / "index.jsonl").open("ab", buffering=0)
        self._next = max(self._rows, default=self._last_number()) + 1

    def add(self, content: bytes, caught: Caught) -> Caught:
        """Keep `content`; the id in `caught` is replaced by the next one. The file is there before the index speaks of it."""
        row = Caught(**{**asdict(caught), "id": self._next})
        path = self._path(row.id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)
        self._index.write(json.dumps(asdict(row), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        self._next += 1
        self._rows[row.id] = row
        if len(self._rows) > self._keep:
            self._drop_oldest()
        return row

    def get(self, number: int) -> Caught | None:
        """One message, if it is still kept."""
        return self._rows.get(number)

    def raw(self, number: int) -> bytes | None:
        """The bytes as they came over the wire."""
        try:
            return self._path(number).read_bytes() if number in self._rows else None
        except FileNotFoundError:
            return None

    def after(self, number: int, limit: int) -> list[Caught]:
        """The messages with a higher id, oldest first."""
        return [row for row in self._rows.values() if row.id > number][:limit]

    def newest(self, *, search: str, recipient: str, unread_only: bool) -> Iterator[Caught]:
        """Newest first; `search` looks into subject and addresses, `recipient` into RCPT TO; both fold case."""
        needle, wanted = search.casefold(), recipient.casefold()
        for row in reversed(list(self._rows.values())):
            if unread_only and row.id in self._read:
                continue
            to = " ".join(row.rcpt).casefold()
            if wanted in to and (
                needle in to or needle in row.subject.casefold() or needle in row.header_from.casefold()
            ):
                yield row

    def is_read(self, number: int) -> bool:
        """Whether somebody opened it."""
        return number in self._read

    def mark_read(self, number: int) -> None:
        """Remember that somebody opened it."""
        if number in self._rows and number not in self._read:
            self._read.add(number)
            with (self._folder / "read").open("a", encoding="ascii") as file:
                file.write(f"{number}\n")

    def clear(self) -> None:
        """Throw everything away; ids go on from where they were, so that `after` of a reader stays good."""
        (self._folder / "last").write_text(str(self._next - 1), encoding="ascii")
        self._rows.clear()
        self._read.clear()
        self._rewrite_index()
        shutil.rmtree(self._folder / "messages", ignore_errors=True)
        (self._folder / "read").unlink(missing_ok=True)

    def close(self) -> None:
        """Close the index; for the end of the process."""
        self._index.close()

    def __len__(self) -> int:
        return len(self._rows)

    def _path(self, number: int) -> Path:
        return self._folder / "messages" / f"{number // PER_FOLDER:06d}" / f"{number}.eml"

    def _last_number(self) -> int:
        try:
            return int((self._folder / "last").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def _load(self) -> None:
        """Read the index; a line torn by a kill is skipped (the sender got no answer for it)."""
        index = self._folder / "index.jsonl"
        lines = index.read_bytes().split(b"\n") if index.exists() else []
        for line in lines:
            try:
                row = Caught(**json.loads(line))
            except (ValueError, TypeError):
                continue
            self._rows[row.id] = row
        if lines and lines[-1]:
            with index.open("ab") as file:  # a torn line must not swallow the next one
                file.write(b"\n")
        try:
            self._read = {int(line) for line in (self._folder / "read").read_text(encoding="ascii").split()}
        except (OSError, ValueError):
            self._read = set()

    def _drop_oldest(self) -> None:
        """Drop a tenth at once, so that the index is rewritten rarely."""
        for number in list(self._rows)[: max(1, self._keep // 10)]:
            del self._rows[number]
            self._path(number).unlink(missing_ok=True)
        self._rewrite_index()

    def _rewrite_index(self) -> None:
        new = self._folder / "index.new"
        with new.open("wb") as file:
            for row in self._rows.values():
                file.write(json.dumps(asdict(row), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        os.replace(new, self._folder / "index.jsonl")
        self._index.close()
        self._index = (self._folder / "index.jsonl").open("ab", buffering=0)
