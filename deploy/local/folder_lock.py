"""One installation per data folder: a lock that the launcher and all its services hold together."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.cannot_run import CannotRunError

PATIENCE_S = 30.0  # what services of a killed launcher may need to finish their hand-overs


def lock_folder(folder: Path, tell: Callable[[str], None]) -> int:
    """Take `folder`/lock and return its descriptor, to be inherited by the services and closed by the caller at the end.

    The services inherit it, so a start right after a `kill -9` waits until the old ones are gone and finds their ports free.
    Raises `CannotRunError` when another launcher runs there or the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotRunError(
            f"Cannot write to the data folder {folder} ({error.strerror}): choose another one with --data."
        ) from None
    until, told = time.monotonic() + PATIENCE_S, False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _launcher_lives(descriptor) or time.monotonic() > until:
                os.close(descriptor)
                raise CannotRunError(
                    f"Dueback is already running on {folder}: stop it first, or choose another folder with --data."
                ) from None
            if not told:
                tell("waiting for the services of an earlier run to end")
                told = True
            time.sleep(0.1)
        else:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {_started(os.getpid())}\n".encode("ascii"), 0)
            return descriptor


def _launcher_lives(descriptor: int) -> bool:
    """Whether the process that wrote itself into the lock is still there (and not another one with its number)."""
    words = os.pread(descriptor, 100, 0).decode("ascii", "replace").split()
    return len(words) == 2 and words[0].isdigit() and _started(int(words[0])) == words[1] != ""


def _started(pid: int) -> str:
    """When a process started, in ticks since boot; empty when there is none (or no /proc)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
