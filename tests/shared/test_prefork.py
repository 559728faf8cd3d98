"""Several processes out of one: kept running, ended together, and never left behind. Real processes, real signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PARENT = """
import os, sys, time
from pathlib import Path
from shared.kit.prefork import run_forked
folder = Path(sys.argv[1])
def part(name):
    def run():
        (folder / f"{name}-{os.getpid()}").touch()
        if (folder / f"refuse-{name}").exists():
            return 2
        time.sleep(600)
        return 0
    return run
sys.exit(run_forked([part("one"), part("two")]))
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that keeps two parts running; all are gone after the test."""
    process = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])
    yield process
    process.kill()
    process.wait()
    for path in tmp_path.glob("*-*"):
        number = path.name.partition("-")[2]
        if number.isdigit() and _is_alive(int(number)):
            os.kill(int(number), signal.SIGKILL)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _pids(folder: Path, name: str) -> list[int]:
    return [int(path.name.partition("-")[2]) for path in folder.glob(f"{name}-*")]


def _until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not done():
        assert time.monotonic() < until, "did not come about"
        time.sleep(0.02)


def _both_run(folder: Path) -> tuple[int, int]:
    _until(lambda: bool(_pids(folder, "one") and _pids(folder, "two")))
    return _pids(folder, "one")[0], _pids(folder, "two")[0]


def test_a_part_that_is_killed_is_started_again_and_the_other_runs_on(
    parent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """P7, F1: a dead worker takes nobody along."""
    one, two = _both_run(tmp_path)
    os.kill(one, signal.SIGKILL)
    _until(lambda: len(_pids(tmp_path, "one")) == 2)
    assert _is_alive(two)
    assert parent.poll() is None


def test_told_to_stop_all_stop_and_it_is_no_failure(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """A service manager's SIGTERM reaches every part."""
    pids = _both_run(tmp_path)
    parent.terminate()
    assert parent.wait(30) == 0
    assert not any(_is_alive(pid) for pid in pids)


def test_a_part_whose_settings_are_refused_ends_all_with_its_exit_code(tmp_path: Path) -> None:
    """It would be refused for ever; the service manager should know."""
    (tmp_path / "refuse-two").touch()
    assert subprocess.run([sys.executable, "-c", PARENT, str(tmp_path)], timeout=60, check=False).returncode == 2
    assert not any(_is_alive(pid) for pid in _pids(tmp_path, "one"))


def test_parts_do_not_outlive_their_parent(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """`kill -9` of the parent leaves nothing running."""
    pids = _both_run(tmp_path)
    assert all(_is_alive(pid) for pid in pids)
    parent.kill()
    parent.wait()
    until = time.monotonic() + 30
    while any(_is_alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert [pid for pid in pids if _is_alive(pid)] == []
