"""What the person at the terminal sees: short aligned lines, and colour only where there is a terminal."""

import json
import os
import sys
import threading

_COLOURS = (36, 32, 35, 33, 34, 31)
_QUIET_LEVELS = ("debug", "info")


class Screen:
    """Prints steps and the services' lines. `verbose` shows every line, else only warnings, errors and what is no event."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._names: dict[str, int] = {}
        self._lock = threading.Lock()

    def tell(self, sentence: str) -> None:
        """One sentence of the launcher."""
        self._print(f"  {sentence}")

    def show(self, name: str, line: str) -> None:
        """One line of a service, with the service's name in front."""
        level = _level(line)
        if not self._verbose and (level in _QUIET_LEVELS or not line.strip()):
            return
        colour = _COLOURS[self._names.setdefault(name, len(self._names)) % len(_COLOURS)]
        label = f"{name:<10}"
        self._print(f"\x1b[{colour}m{label}\x1b[0m {line}" if self._colours else f"{label} {line}")

    def table(self, rows: list[tuple[str, str]]) -> None:
        """Two aligned columns."""
        width = max(len(name) for name, _ in rows)
        for name, value in rows:
            self._print(f"  {name:<{width}}  {value}")

    def title(self, text: str) -> None:
        """A heading with an empty line before it."""
        self._print(f"\n\x1b[1m{text}\x1b[0m" if self._colours else f"\n{text}")

    def _print(self, text: str) -> None:
        with self._lock:
            print(text, flush=True)


def _level(line: str) -> str:
    if not line.startswith("{"):
        return ""
    try:
        return str(json.loads(line).get("level", ""))
    except (ValueError, AttributeError):
        return ""
