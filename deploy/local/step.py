"""Tell a person how long a step took, and meanwhile that it is still going on."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

SAY_AFTER_S = 2.0


@contextlib.contextmanager
def step(name: str, tell: Callable[[str], None], *, still: bool = True) -> Iterator[None]:
    """`<name> ready (0.3 s)` at the end; from two seconds on, that it is being prepared
    (with `still`). Silent when the block fails."""
    began = time.monotonic()
    timer = threading.Timer(SAY_AFTER_S, tell, (f"{name}: still being prepared",))
    timer.daemon = True
    if still:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
    tell(f"{name} ready ({time.monotonic() - began:.1f} s)")
