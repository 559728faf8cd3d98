"""Writes files whole or not at all: half a password or half a cursor after a power cut is worse than the old one."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, readable by its owner only, durable before the name appears. Raises OSError and leaves what was there."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    with suppress(OSError):  # a folder cannot be synced on Windows, where the rename itself is journaled
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let the name of a new file survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
