"""Named steps at which a test may kill the process, so that crash coverage is a list and not luck (I12)."""

import os
import signal
import time
from pathlib import Path

_wanted, _, _count = os.environ.get("DUEBACK_CRASH", "").partition(":")
_left = int(_count or 1)
_once = os.environ.get("DUEBACK_CRASH_ONCE")
_pause = float(os.environ.get("DUEBACK_PAUSE_SECONDS", "0"))


def crashpoint(name: str) -> None:
    """Do nothing, unless DUEBACK_CRASH=`name[:n]` is set: then die by SIGKILL at the n-th passage.

    With DUEBACK_CRASH_ONCE=<file> the process dies only if that file does not exist yet, so that its successor lives.
    DUEBACK_PAUSE_SECONDS stops the whole process there instead of killing it (a stalled worker, F2).
    """
    global _left
    if name != _wanted:
        return
    _left -= 1
    if _left > 0:
        return
    if _once:
        try:
            Path(_once).touch(exist_ok=False)
        except FileExistsError:
            _left = 1 << 62
            return
    if _pause:
        time.sleep(_pause)
        _left = 1 << 62
        return
    os.kill(os.getpid(), signal.SIGKILL)
