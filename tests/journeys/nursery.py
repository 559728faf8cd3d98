"""Forks service processes from one that has imported them already, because a test that kills forty of them cannot wait for forty imports.

`python -m tests.journeys.nursery <socket>`: each connection sends one JSON line {"argv": ["mailer", "work"], "environment": {...}, "log": path} and
receives the process id. A child is what `python -m shared.kit.run <argv>` would be; it dies with its nursery.
"""

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path

import shared.kit.crashpoints
from shared.kit import run

_PR_SET_PDEATHSIG = 1


def become_service(order: dict[str, object], parent: int) -> int:
    """Turn this fork into the ordered process and return its exit code."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 1
    os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update({str(name): str(value) for name, value in dict(order["environment"]).items()})  # type: ignore[call-overload]
    importlib.reload(shared.kit.crashpoints)  # reads its wish from the environment when it is loaded
    return run.main([str(word) for word in order["argv"]])  # type: ignore[attr-defined]


def serve(path: Path) -> None:
    """Fork on request until killed."""
    for service in ("mailer", "optout"):
        importlib.import_module(f"services.{service}.main")
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getpid()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen(8)
        while True:
            visitor, _ = door.accept()
            with visitor, visitor.makefile("rw") as line:
                order = json.loads(line.readline())
                child = os.fork()
                if child == 0:
                    door.close()
                    os._exit(become_service(order, parent))
                line.write(f"{child}\n")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
