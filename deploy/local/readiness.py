"""Wait until services answer, because an address that is printed must work."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence

from deploy.local.cannot_run import CannotRunError
from deploy.local.child import Child

PATIENCE_S = 60.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no business with loopback


def wait_until_ready(doors: Mapping[str, str], children: Sequence[Child], *, tell: Callable[[str], None]) -> None:
    """Return when every URL in `doors` (process name to URL) answers 200.

    Raises `CannotRunError` when one of `children` ends first, with its last words, or after a minute.
    """
    waiting = dict(doors)
    until, tell_at = time.monotonic() + PATIENCE_S, time.monotonic() + 2.0
    while True:
        for child in children:
            if child.exit_code is not None or child.restarts:
                raise CannotRunError(f"{child.name} did not start: {_last_words(child)}")
        waiting = {name: url for name, url in waiting.items() if not _answers(url)}
        if not waiting:
            return
        if time.monotonic() > until:
            raise CannotRunError(
                f"{', '.join(waiting)} did not get ready within {PATIENCE_S:g} s: see the logs folder."
            )
        if time.monotonic() > tell_at:
            tell(f"waiting for {', '.join(waiting)}")
            tell_at = time.monotonic() + 5.0
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with _DIRECT.open(url, timeout=2.0) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _last_words(child: Child) -> str:
    """The last line that says something; the process may have been gone before its pipe was read."""
    until = time.monotonic() + 1.0
    while not child.tail and time.monotonic() < until:
        time.sleep(0.02)
    lines = [line.strip() for line in child.tail if line.strip()]
    return lines[-1] if lines else f"exit code {child.exit_code}, nothing said"
