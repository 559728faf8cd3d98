"""What the person at the terminal sees: short aligned lines, and colour only where there is a terminal."""

import json
import os
import sys
import threading

_COLOURS = (36, 32, 35, 33, 34, 31)
_QUIET_LEVELS = ("debug", "info")
_SAID_ELSEWHERE = ("level", "event", "at", "service", "part", "trace")


class Screen:
    """Prints steps and the services' lines. `verbose` shows every line, else only warnings, errors and what is no event.

    While services come and go they miss each other, so their warnings count only when `settled`; the logs have them all.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self.settled = False
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._names: dict[str, int] = {}
        self._lock = threading.Lock()

    def tell(self, sentence: str) -> None:
        """One sentence of the launcher."""
        self._print(f"  {sentence}")

    def show(self, name: str, line: str) -> None:
        """One line of a service, with the service's name in front."""
        event = _event(line)
        if not self._verbose and not self._worth_showing(line, event):
            return
        colour = _COLOURS[self._names.setdefault(name, len(self._names)) % len(_COLOURS)]
        label = f"\x1b[{colour}m{name:<10}\x1b[0m" if self._colours else f"{name:<10}"
        self._print(f"  {label} {_in_short(event) if event else line}")

    def _worth_showing(self, line: str, event: dict[str, object] | None) -> bool:
        if event is None:
            return bool(line.strip())
        level = event.get("level")
        return level not in _QUIET_LEVELS and (self.settled or level != "warning")

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


def _event(line: str) -> dict[str, object] | None:
    """A structured log line, else None."""
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _in_short(event: dict[str, object]) -> str:
    """`warning  loop_failed  loop=outbox failures=2`: what a person reads; the log file has all of it."""
    rest = " ".join(f"{name}={value}" for name, value in event.items() if name not in _SAID_ELSEWHERE)
    return f"{event.get('level', ''):<8} {event.get('event', '')}  {rest}".rstrip()
