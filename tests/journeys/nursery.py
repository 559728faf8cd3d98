"""Forks service processes from one that has imported them already, because a test that kills forty of them cannot wait for forty imports.

`python -m tests.journeys.nursery <socket's descriptor>`: each JSON line {"argv": ["mailer", "work"], "environment": {...}, "log": path} is
answered by a line with the process id. A child is what `python -m shared.kit.run <argv>` would be; it dies with its nursery.
"""

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys

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


def serve(descriptor: int) -> None:
    """Fork on request until killed."""
    for service in ("mailer", "optout"):
        importlib.import_module(f"services.{service}.main")
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = os.getpid()
    with socket.socket(fileno=descriptor) as door, door.makefile("rw") as orders:
        for line in iter(orders.readline, ""):
            child = os.fork()
            if child == 0:
                os.close(descriptor)
                os._exit(become_service(json.loads(line), parent))
            orders.write(f"{child}\n")
            orders.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
