"""One supervised process: started again when it dies, its words kept, stopped in order."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.local.bounded_log import BoundedLog
from deploy.local.spawn import spawn

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
PROVEN_AFTER_S = 30.0  # a process that lived this long starts again with the first delay
TAIL_LINES = 20
REPOSITORY = Path(__file__).resolve().parents[2]


class Child:
    """A process named `name`; with `respawn` it is started again with back-off until `stop` or `kill`.

    `tell` gets one sentence for a person, `show` every line the process writes (name, line). Safe to use from any thread.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        log_file: Path,
        respawn: bool,
        tell: Callable[[str], None],
        show: Callable[[str, str], None],
        keep_open: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.environment = dict(environment)
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.restarts = 0
        self._argv = list(argv)
        self._log = BoundedLog(log_file)
        self._respawn = respawn
        self._tell = tell
        self._show = show
        self._keep_open = tuple(keep_open)
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._wanted = threading.Event()
        self._left = threading.Event()
        self._changing = threading.Lock()  # nothing is launched while somebody stops us

    @property
    def pid(self) -> int:
        """The process id; 0 when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    @property
    def exit_code(self) -> int | None:
        """How the last process ended (negative: by that signal); None while it runs."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start it; does nothing while it is running."""
        if self.pid:
            return
        self._halt_watcher()
        self.restarts = 0
        self.tail.clear()
        self._wanted.set()
        self._left.clear()
        reader = self._launch()
        self._watcher = threading.Thread(target=self._watch, args=(reader,), name=f"watch-{self.name}", daemon=True)
        self._watcher.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM and return at once; `stop` waits."""
        with self._changing:
            self._wanted.clear()
            self._left.set()
            if self.pid and self._process:
                self._process.terminate()

    def stop(self, patience_s: float = 10.0) -> None:
        """Ask it to end, wait, then end it and whatever it started."""
        self.ask_to_stop()
        self._end(patience_s)

    def kill(self) -> None:
        """SIGKILL to the process and its group; it stays dead until `start`."""
        with self._changing:
            self._wanted.clear()
            self._left.set()
        self._end(0.0)

    def wait_for_end(self, timeout_s: float) -> bool:
        """Whether the process (not its successors) ended within the time."""
        until = time.monotonic() + timeout_s
        while self.pid and time.monotonic() < until:
            time.sleep(0.02)
        return not self.pid

    def _end(self, patience_s: float) -> None:
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience_s)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # also sweeps up what it left behind in its group
            self._process.wait()
        self._halt_watcher()

    def _halt_watcher(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher and watcher is not threading.current_thread():
            self._wanted.clear()
            self._left.set()
            watcher.join(5.0)

    def _launch(self) -> threading.Thread:
        process = spawn(
            self._argv,
            environment=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            folder=REPOSITORY,
            keep_open=self._keep_open,
        )
        self._process = process
        reader = threading.Thread(target=self._read, args=(process,), name=f"read-{self.name}", daemon=True)
        reader.start()
        return reader

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for raw in lines:
                line = raw.decode("utf-8", "replace").rstrip("\n")
                self.tail.append(line)
                self._log.write(line)
                self._show(self.name, line)

    def _watch(self, reader: threading.Thread) -> None:
        delay = FIRST_DELAY_S
        while True:
            began = time.monotonic()
            assert self._process is not None
            code = self._process.wait()
            reader.join(1.0)
            if not self._wanted.is_set() or not self._respawn:
                return
            if time.monotonic() - began > PROVEN_AFTER_S:
                delay = FIRST_DELAY_S
            self._tell(f"{self.name} ended ({_in_words(code)}); starting it again in {delay:g} s")
            if self._left.wait(delay):
                return
            delay = min(2 * delay, LONGEST_DELAY_S)
            with self._changing:
                if not self._wanted.is_set():
                    return
                self.restarts += 1
                reader = self._launch()


def _in_words(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
