"""A log file with an upper size, because a service that fails all night must not fill the disk."""

import contextlib
import threading
from pathlib import Path

LIMIT_BYTES = 5_000_000


class BoundedLog:
    """Lines appended to `path`; at 5 MB the file moves to `<name>.1` and a new one begins.

    A disk that is full loses lines and nothing else: a log must never stop a service. Opened for each line (10 us), so that
    nothing is left open and a file that somebody removed comes back. Thread-safe.
    """

    def __init__(self, path: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._path = path
        self._limit = limit_bytes
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        """Append one line."""
        data = line.encode("utf-8", "replace") + b"\n"
        with self._lock, contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                if self._path.stat().st_size + len(data) > self._limit:
                    self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))
            with self._path.open("ab", buffering=0) as file:
                file.write(data)
