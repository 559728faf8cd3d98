"""`./dueback` as a person runs it: two installations at once, one stopped politely, one killed, nothing left of either."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.deploy.processes import REPOSITORY, is_alive, wait_until

SERVICES = ("portal", "ingest", "scheduler", "mailer", "optout", "inbox")


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    unset = ("DATABASE_URL", "SMTP_URL", "DUEBACK_MODE")
    with (folder.parent / f"{folder.name}.out").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "up", "--data", str(folder)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if name not in unset},
            cwd=REPOSITORY,
        )


def _descendants(pid: int) -> set[int]:
    """All processes below `pid`, found by their parents."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    found, before = {pid}, 0
    while len(found) != before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}


def _addresses(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "addresses.json").read_text())
    return found


def _answers(url: str) -> bool:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return bool(answer.status == 200)


def test_two_installations_run_side_by_side_and_leave_nothing_behind(tmp_path: Path) -> None:
    """Issue 1: twice at once on free ports; Ctrl-C stops everything; nothing is left after `kill -9`; P7's restart."""
    folders = [tmp_path / "one", tmp_path / "two"]
    launchers = [_start(folder) for folder in folders]
    try:
        for folder, launcher in zip(folders, launchers, strict=True):
            ready = wait_until(lambda f=folder, p=launcher: (f / "addresses.json").exists() or p.poll() is not None, 90)  # type: ignore[misc]
            assert ready
            assert launcher.poll() is None, (tmp_path / f"{folder.name}.out").read_text()
        one, two = map(_addresses, folders)
        assert all(one[name] != two[name] and _answers(f"{one[name]}/health/ready") for name in SERVICES)
        started = [_descendants(launcher.pid) for launcher in launchers]
        assert all(len(processes) >= 7 for processes in started)

        launchers[0].send_signal(signal.SIGINT)
        assert launchers[0].wait(60) == 0
        assert not any(map(is_alive, started[0]))
        assert "Traceback" not in (tmp_path / "one.out").read_text()

        launchers[1].kill()
        launchers[1].wait(10)
        assert wait_until(lambda: not any(map(is_alive, started[1])), 30)
    finally:
        for launcher in launchers:
            if launcher.poll() is None:
                launcher.terminate()
                launcher.wait(60)
