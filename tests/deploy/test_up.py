"""`./dueback` as a person runs it: two installations at once, one stopped politely, one killed, nothing left of either."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.deploy.processes import REPOSITORY, is_alive, wait_until

DOORS = ("portal", "ingest", "scheduler", "mailer", "optout", "inbox")
SERVICES_AND_SERVER = 11  # five services, the catcher, PostgreSQL and the first of its own


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


def _ports(folder: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads((folder / "ports.json").read_text())
    return found


def _answers(url: str) -> bool:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return bool(answer.status == 200)


def test_two_installations_run_side_by_side_and_leave_nothing_behind(tmp_path: Path) -> None:
    """Twice at once on free ports; nothing is left after `kill -9` (here in the middle of a start) or Ctrl-C."""
    kept, killed = tmp_path / "kept", tmp_path / "killed"
    launchers = [_start(kept), _start(killed)]
    try:
        assert wait_until(lambda: len(_descendants(launchers[1].pid)) >= SERVICES_AND_SERVER, 120), _said(killed)
        started = _descendants(launchers[1].pid)
        assert not set(_ports(kept).values()) & set(_ports(killed).values())
        launchers[1].kill()
        launchers[1].wait(10)
        assert wait_until(lambda: not any(map(is_alive, started)), 60)

        assert wait_until((kept / "addresses.json").exists, 120), _said(kept)
        ports = _ports(kept)
        assert all(_answers(f"http://127.0.0.1:{ports[name]}/health/ready") for name in DOORS)
        started = _descendants(launchers[0].pid)
        launchers[0].send_signal(signal.SIGINT)
        assert launchers[0].wait(120) == 0
        assert not any(map(is_alive, started))
        assert "Traceback" not in _said(kept)
    finally:
        for launcher in launchers:
            if launcher.poll() is None:
                launcher.terminate()
                launcher.wait(60)


def _said(folder: Path) -> str:
    return (folder.parent / f"{folder.name}.out").read_text()
