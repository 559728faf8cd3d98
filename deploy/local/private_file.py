"""Write a file only we can read, with a sentence for the person whose disk is full."""

from pathlib import Path

from deploy.local.cannot_run import CannotRunError
from shared.kit import files


def write_private(path: Path, text: str) -> None:
    """Put `text` at `path` with mode 0600, durable before it appears. Raises `CannotRunError` with the reason."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write_private(path, text.encode())
    except OSError as error:
        raise CannotRunError(
            f"Cannot write {path}: {error.strerror}. Make room or permit it, or choose another folder with --data."
        ) from None
