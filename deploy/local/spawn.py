"""Start a child that dies with us, because nothing may be left running after a `kill -9` of the launcher.

Linux sends the parent-death signal when the *thread* that started the child ends, so all children are started by one
thread that lives as long as the process.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

_BECOME = str(Path(__file__).with_name("become.py"))
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


def spawn(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    identity: str = "self",
    death_signal: signal.Signals = signal.SIGTERM,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    folder: Path | None = None,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `argv` (first item an absolute path) in its own process group; `death_signal` reaches it when we die.

    `identity` is what `become.py` understands; `keep_open` lists descriptors the child inherits.
    """
    command = [sys.executable, "-I", "-S", _BECOME, str(os.getpid()), str(int(death_signal)), identity, *argv]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            pass_fds=tuple(keep_open),
            process_group=0,
        )

    return _STARTER.submit(start).result()
