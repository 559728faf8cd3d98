"""One run of the tests: checks, a PostgreSQL of its own, pytest, and a closing line that can be trusted."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from deploy.local.checks import CHECKS, REPOSITORY, run_checks
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.screen import Screen
from deploy.local.spawn import spawn

ASKED_ONLY = ("tests/bench", "tests/faults")
PROCESSES = "2"
OPERATORS_OWN = ("DATABASE_URL", "SMTP_URL", "DUEBACK_DATA", "DUEBACK_MODE", "DUEBACK_CLOCK_FILE")


@dataclass
class Counts:
    """What a run came to; `reasons` counts skips by reason."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def run_tests(data: Path, arguments: list[str], *, no_skips: bool, checks: bool) -> int:
    """Return 0 when checks and tests pass (and, with `no_skips`, none was skipped). Raises `CannotRunError`."""
    screen = Screen()
    began = time.monotonic()
    checks_good = run_checks(CHECKS, screen) if checks else True
    screen.title("Tests")
    with _own_folder(data) as folder, _server(folder) as url:
        report = folder / "report.xml"
        code = _pytest(arguments, url, report)
        counts = _read_report(report)
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


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    """A superuser's URL: of the server in DUEBACK_TEST_DATABASE_URL, else of a fast and forgetful one of ours."""
    given = os.environ.get("DUEBACK_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with EmbeddedPostgres(folder / "postgres", durable=False, extra_settings={"max_connections": "400"}) as server:
        yield server.url()


def _pytest(arguments: list[str], url: str, report: Path) -> int:
    """Run pytest in a child of its own and return its exit code; Ctrl-C reaches it through us."""
    named = [argument for argument in arguments if (REPOSITORY / argument.partition("::")[0]).exists()]
    command = [sys.executable, "-m", "pytest", "-r", "fE", f"--junit-xml={report}", "-o", "junit_family=xunit1"]
    if not any(argument.startswith(("-n", "--numprocesses")) for argument in arguments):
        command += ["-n", PROCESSES]
    if not named:
        command += ["tests", *(f"--ignore={folder}" for folder in ASKED_ONLY)]
    environment = {name: value for name, value in os.environ.items() if name not in OPERATORS_OWN}
    environment |= {"DUEBACK_TEST_DATABASE_URL": url, "DUEBACK_TEST_FOLDER": str(report.parent)}
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


def _read_report(report: Path) -> Counts:
    """The counts from pytest's own report; zeros when there is none."""
    counts = Counts()
    if not report.exists():
        return counts
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by the pytest we started
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            counts.failed += 1
        elif skip is None:
            counts.passed += 1
        else:
            counts.skipped += 1
            counts.reasons[skip.get("message") or "no reason given"] += 1
    return counts


def _say_skips(screen: Screen, counts: Counts) -> None:
    if not counts.skipped:
        return
    screen.title("Skipped")
    for reason, number in counts.reasons.most_common():
        screen.tell(f"{number:>3}  {reason}")
