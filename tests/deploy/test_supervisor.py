"""Children are started again when they die, stopped with everything they started, and never outlive the launcher."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from deploy.local.bounded_log import BoundedLog
from deploy.local.cannot_run import CannotRunError
from deploy.local.child import Child
from deploy.local.folder_lock import lock_folder
from deploy.local.ports import choose_ports, is_free
from tests.deploy.processes import is_alive, printed_line, run_program, wait_until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
PARENT = """
import subprocess, sys, time
inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
print(inner.pid, flush=True)
time.sleep(600)
"""
LAUNCHER = """
import sys, time
from pathlib import Path
from deploy.local.child import Child
from deploy.local.folder_lock import lock_folder
folder = Path(sys.argv[1])
lock = lock_folder(folder, print)
child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], {}, log_file=folder / "log",
              respawn=True, tell=print, show=lambda name, line: None, keep_open=(lock,))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


def _child(folder: Path, program: str, said: list[str], *, respawn: bool = True) -> Child:
    return Child(
        "sleeper",
        [sys.executable, "-c", program],
        {},
        log_file=folder / "sleeper.log",
        respawn=respawn,
        tell=said.append,
        show=lambda _name, _line: None,
    )


def test_a_service_that_dies_is_started_again_and_says_so(tmp_path: Path) -> None:
    """Restarted with back-off."""
    said: list[str] = []
    child = _child(tmp_path, SLEEPER, said)
    child.start()
    first = child.pid
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: child.pid not in (0, first))
    assert said == ["sleeper ended (SIGKILL); starting it again in 0.5 s"]
    child.stop()
    assert child.pid == 0
    assert len(said) == 1


def test_a_killed_child_stays_dead_until_it_is_started(tmp_path: Path) -> None:
    """Crash tests look at what a dead service left behind."""
    child = _child(tmp_path, SLEEPER, [])
    child.start()
    child.kill()
    assert child.exit_code == -signal.SIGKILL
    child.start()
    assert is_alive(child.pid)
    child.stop()


def test_a_child_that_ignores_the_polite_signal_is_ended_with_everything_it_started(tmp_path: Path) -> None:
    """Ctrl-C stops everything."""
    stubborn = _child(tmp_path, STUBBORN, [])
    stubborn.start()
    assert wait_until(lambda: "up" in stubborn.tail)
    stubborn.stop(0.1)
    assert stubborn.exit_code == -signal.SIGKILL
    parent = _child(tmp_path, PARENT, [])
    parent.start()
    assert wait_until(lambda: bool(parent.tail))
    inner = int(parent.tail[0])
    parent.stop()
    assert wait_until(lambda: not is_alive(inner))


def test_killing_the_launcher_ends_its_children_and_the_next_start_waits_for_them(tmp_path: Path) -> None:
    """Nothing is left running after `kill -9`; two launchers never share a folder."""
    launcher = run_program(LAUNCHER, str(tmp_path))
    pid = int(printed_line(launcher))
    with pytest.raises(CannotRunError, match="already running"):
        lock_folder(tmp_path, lambda _line: None)
    launcher.kill()
    launcher.communicate()
    os.close(lock_folder(tmp_path, lambda _line: None))
    assert not is_alive(pid)


def test_the_log_of_a_service_has_an_upper_size(tmp_path: Path) -> None:
    """A service that fails all night must not fill the disk."""
    log = BoundedLog(tmp_path / "logs" / "x.log", limit_bytes=1_000)
    for number in range(500):
        log.write(f"line {number}")
    sizes = [path.stat().st_size for path in (tmp_path / "logs").iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 1_000
    assert "line 499" in (tmp_path / "logs" / "x.log").read_text()


def test_ports_are_the_last_ones_if_free_and_a_demanded_one_that_is_taken_is_refused() -> None:
    """Twice at once on free ports, also while they are still starting; links in mails stay good over a restart."""
    first = choose_ports(["optout", "ingest"], demanded={}, last={}, usual=False)
    second = choose_ports(["optout", "ingest"], demanded={}, last=first.by_name)
    assert not set(first.by_name.values()) & set(second.by_name.values())
    second.release()
    first.release()
    again = choose_ports(["optout", "ingest"], demanded={}, last=first.by_name)
    again.release()
    assert again.by_name["optout"] == first.by_name["optout"]
    port = first.by_name["optout"]
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        with pytest.raises(CannotRunError, match=f"Port {port} for portal is taken"):
            choose_ports(["portal"], demanded={"portal": port}, last={})
    with pytest.raises(CannotRunError, match="is no port"):
        choose_ports(["portal"], demanded={"portal": 70_000}, last={})
