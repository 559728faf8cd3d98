"""The demonstration's own folder: emptied before each run, and only if it is ours to empty."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from deploy.local.cannot_run import CannotRunError
from deploy.local.folder_lock import lock_folder

MARK = ".dueback-demo"
KEPT = (MARK, "lock")


def clear_place(folder: Path, tell: Callable[[str], None]) -> Path:
    """An empty folder with our mark in it. Raises CannotRunError for a folder that holds anything else, or a running demo."""
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise CannotRunError(f"{folder} is a file: choose a folder with --data.")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise CannotRunError(
            f"{folder} is not a demo's folder and will not be emptied: choose another one with --data."
        )
    lock = lock_folder(folder, tell)  # refuses while another demo runs there
    try:
        (folder / MARK).touch()
        for entry in folder.iterdir():
            if entry.name in KEPT:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    finally:
        os.close(lock)
    return folder
