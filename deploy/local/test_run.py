"""One run of the tests: checks, a PostgreSQL of its own, pytest, and a closing line that can be trusted."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.local.browser_tests import PACKAGES_VARIABLE, browser_packages
from deploy.local.checks import CHECKS, REPOSITORY, run_checks
from deploy.local.screen import Screen
from deploy.local.spawn import spawn
from deploy.local.test_counts import COUNTS_VARIABLE, Counts

ASKED_ONLY = ("tests/bench", "tests/faults")
# On two cores: tests wait for processes and sockets a third of their time (305 s with two, 255 s with three).
PROCESSES = "3"
COUNTS_FILE = "counts.json"
OPERATORS_OWN = ("DATABASE_URL", "SMTP_URL", "DUEBACK_DATA", "DUEBACK_MODE", "DUEBACK_CLOCK_FILE")


def run_tests(data: Path, arguments: list[str], *, no_skips: bool, checks: bool) -> int:
    """Return 0 when checks and tests pass (and, with `no_skips`, none was skipped). Raises `CannotRunError`."""
    screen = Screen()
    began = time.monotonic()
    checks_good = run_checks(CHECKS, screen) if checks else True
    screen.title("Tests")
    with _own_folder(data) as folder:
        code = _pytest(arguments, folder)
        counts = _read_counts(folder / COUNTS_FILE)
    _say_skips(screen, counts)
    too_many_skips = no_skips and counts.skipped > 0
    notes = ["" if checks_good else "checks FAILED", "skips are not allowed here" if too_many_skips else ""]
    outcome = f"{counts.passed} passed, {counts.skipped} skipped"
    if counts.failed:
        outcome = f"{counts.failed} failed, {outcome}"
    elif code != 0:
        notes.append(f"pytest ended with exit code {code}")
    line = "; ".join(filter(None, [outcome, *notes]))
    print(f"\n{line} in {time.monotonic() - began:.0f} s", flush=True)
    return 0 if code == 0 and checks_good and not too_many_skips else 1


@contextlib.contextmanager
def _own_folder(data: Path) -> Iterator[Path]:
    """A folder below the data folder that goes at the end; those of runs that were killed go now."""
    parent = data.absolute() / "tests"
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in parent.iterdir():
        owner = old.name.partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pytest(arguments: list[str], folder: Path) -> int:
    """Run pytest in a child of its own and return its exit code; Ctrl-C reaches it through us.

    Each of its processes starts a PostgreSQL of its own (tests/conftest.py) unless DUEBACK_TEST_DATABASE_URL names one.
    """
    named = [argument for argument in arguments if (REPOSITORY / argument.partition("::")[0]).exists()]
    command = [sys.executable, "-m", "pytest", "-r", "fE", "-p", "deploy.local.test_counts"]
    if not any(argument.startswith(("-n", "--numprocesses")) for argument in arguments):
        command += ["-n", PROCESSES]
    if not named:
        command += ["tests", *(f"--ignore={folder}" for folder in ASKED_ONLY)]
    environment = {name: value for name, value in os.environ.items() if name not in OPERATORS_OWN}
    environment |= {"TMPDIR": str(folder), COUNTS_VARIABLE: str(folder / COUNTS_FILE)}
    if packages := browser_packages():
        environment[PACKAGES_VARIABLE] = str(packages)
    process = spawn([*command, *arguments], environment=environment, folder=REPOSITORY)
    try:
        return process.wait()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20.0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise


def _read_counts(path: Path) -> Counts:
    """What pytest counted; zeros when it did not come to its end."""
    try:
        return Counts(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Counts()


def _say_skips(screen: Screen, counts: Counts) -> None:
    if not counts.skipped:
        return
    screen.title("Skipped")
    for reason, number in sorted(counts.reasons.items(), key=lambda each: -each[1]):
        screen.tell(f"{number:>3}  {reason}")
