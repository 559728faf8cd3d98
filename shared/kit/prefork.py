"""Several processes of a service out of one: what they have imported, most of a process's memory, is then there once.

The first process does nothing but keep the others running. It may not have started a thread or an event loop.
"""

import ctypes
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

Part = Callable[[], int]

REFUSED: Final = 2
"""Exit code of a part whose settings are wrong: it would end like this again and again."""
_FIRST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 30.0
_PROVEN_AFTER: Final = 30.0
_HEEDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


@dataclass
class _Child:
    part: Part
    pid: int = 0
    started_at: float = 0.0
    delay: float = _FIRST_DELAY
    again_at: float | None = None


def run_forked(parts: Sequence[Part]) -> int:
    """Run every part in a process of its own until SIGTERM or SIGINT, which all of them get; return the exit code.

    A part that ends is started again, with growing delays if it does not live 30 s. One that ends with 2 ends them all. Parts end with this process,
    however it ends.
    """
    gc.collect()
    gc.freeze()
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)
    children = [_Child(part) for part in parts]
    for child in children:
        _start(child)
    while True:
        number = _wait(children)
        if number in (signal.SIGTERM, signal.SIGINT):
            return _end(children, 0)
        if _reap(children) == REFUSED:
            return _end(children, REFUSED)
        for child in children:
            if child.again_at is not None and child.again_at <= time.monotonic():
                _start(child)


def call_itself(name: str) -> None:
    """Give this process a name of at most 15 letters for `ps` and `top`; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15])


def _wait(children: Sequence[_Child]) -> int:
    times = [child.again_at for child in children if child.again_at is not None]
    if not times:
        return signal.sigwait(_HEEDED)
    told = signal.sigtimedwait(_HEEDED, max(0.0, min(times) - time.monotonic()))
    return told.si_signo if told else signal.SIGCHLD


def _start(child: _Child) -> None:
    parent = os.getpid()
    child.started_at, child.again_at = time.monotonic(), None
    child.pid = os.fork()
    if child.pid == 0:
        code = 1
        try:
            _die_with(parent)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
            code = child.part()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _die_with(parent: int) -> None:
    """Let the kernel end this process when its parent is gone; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def _reap(children: Sequence[_Child]) -> int:
    """Note who has ended and when to start it again; return REFUSED if one was refused, else 0."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return 0
        if pid == 0:
            return 0
        child = next(child for child in children if child.pid == pid)
        now = time.monotonic()
        is_proven = now - child.started_at > _PROVEN_AFTER
        child.delay = _FIRST_DELAY if is_proven else min(_LONGEST_DELAY, child.delay * 2)
        child.pid, child.again_at = 0, now + child.delay
        if os.waitstatus_to_exitcode(status) == REFUSED:
            return REFUSED


def _end(children: Sequence[_Child], code: int) -> int:
    for child in children:
        if child.pid:
            os.kill(child.pid, signal.SIGTERM)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return code
