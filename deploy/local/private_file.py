"""Write a file only we can read, whole or not at all, because half a password after a crash locks everybody out."""

import os
import tempfile
from pathlib import Path

from deploy.local.cannot_run import CannotRunError


def write_private(path: Path, text: str) -> None:
    """Put `text` at `path` with mode 0600, durable before it appears. Raises `CannotRunError` with the reason."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CannotRunError(
            f"Cannot write {path}: {error.strerror}. Make room or permit it, or choose another folder with --data."
        ) from None
