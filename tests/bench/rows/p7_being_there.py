"""P7: the cost of being there: all five services, PostgreSQL and the catcher idle, and how long everything takes to come back from SIGKILL.

The installation is the one that `./dueback` starts, as a child of its own, so that the launcher counts as well and can be killed with the rest.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.test_run import OPERATORS_OWN
from tests.bench.cost import Cost, cost_of, family
from tests.bench.figure import Figure, Options, Row
from tests.bench.programs import ROOT

MOST_CPU = 0.02  # of one core
MOST_MEMORY = 600 * 2**20
MOST_SECONDS = 10.0
REST_SECONDS = 15.0  # start-up work ends, loops grow quiet
SAMPLE_SECONDS = 60.0
PATIENCE_SECONDS = 120.0
TIMES = 3
READY = "Dueback is running"


@dataclass(frozen=True)
class Idle:
    """CPU as a share of one core and memory in bytes, by what the process does."""

    share: dict[str, float]
    memory: dict[str, int]


def measure(options: Options) -> Figure:
    """Start it, let it rest, sample it; then kill everything and start again, three times (the slowest counts)."""
    folder = Path(tempfile.mkdtemp(prefix="dueback-bench-", dir="/var/tmp" if Path("/var/tmp").is_dir() else None))
    folder.chmod(0o755)  # as root PostgreSQL runs as another user, who must be able to get in
    launcher, _ = start(folder)
    try:
        options.tell(f"resting {REST_SECONDS:.0f} s, then sampling for {SAMPLE_SECONDS:.0f} s")
        time.sleep(REST_SECONDS)
        idle = sample(launcher.pid, SAMPLE_SECONDS)
        back = []
        for number in range(1, TIMES + 1):
            options.tell(f"SIGKILL of everything, {number} of {TIMES}")
            kill_all(launcher.pid)
            launcher.wait()
            launcher, seconds = start(folder)
            back.append(seconds)
    finally:
        launcher.send_signal(signal.SIGINT)
        launcher.wait(PATIENCE_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
    return as_figure(idle, back)


ROW = Row("P7", "cost of being there", "idle 2 % of a core and 600 MB, ready 10 s after SIGKILL of everything", measure)


def start(folder: Path) -> tuple[subprocess.Popen[bytes], float]:
    """Start the installation in `folder`; return its launcher and the seconds until all services said they were ready."""
    began, log = time.monotonic(), folder / "launcher.log"
    own = {name: value for name, value in os.environ.items() if name not in OPERATORS_OWN}
    with log.open("wb") as output:
        command = [sys.executable, "-m", "deploy.cli", "up"]
        launcher = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**own, "DUEBACK_DATA": str(folder / "data"), "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    wait_until(lambda: READY in log.read_text(errors="replace") or launcher.poll() is not None)
    if launcher.poll() is not None:
        raise RuntimeError(f"./dueback ended: {log.read_text(errors='replace').strip().splitlines()[-1]}")
    return launcher, time.monotonic() - began


def sample(pid: int, seconds: float) -> Idle:
    """CPU over the time and memory at its end, of the launcher and all its descendants."""
    before, began = costs(pid), time.monotonic()
    time.sleep(seconds)
    took, after = time.monotonic() - began, costs(pid)
    share: dict[str, float] = {}
    memory: dict[str, int] = {}
    for member, (name, cost) in after.items():
        used = cost.cpu_s - (before[member][1].cpu_s if member in before else 0.0)
        share[name] = share.get(name, 0.0) + used / took
        memory[name] = memory.get(name, 0) + cost.memory
    return Idle(share, memory)


def costs(pid: int) -> dict[int, tuple[str, Cost]]:
    """Each process of the installation with what it does and has used."""
    return {member: (name_of(member), cost_of([member])) for member in family(pid)}


def name_of(pid: int) -> str:
    """What a process does, from its command line."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").split()
    except OSError:
        return "ended"
    for mark, shift in (("shared.kit.run", 1), ("deploy.local.catcher", 0), ("deploy.cli", 0)):
        if mark in words:
            place = words.index(mark) + shift
            return words[place] if place < len(words) else mark
    return "postgres" if any("postgres" in word for word in words) else "other"


def kill_all(pid: int) -> None:
    """SIGKILL to the launcher first, so that it restarts nothing, then to all that were its descendants; return when they are gone."""
    members = family(pid)
    for member in members:
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_until(lambda: not any(is_running(member) for member in members))


def is_running(pid: int) -> bool:
    """Whether the process still runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    """Poll until `holds`; RuntimeError after two minutes."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > until:
            raise RuntimeError("the installation did not get where it should in two minutes")
        time.sleep(0.02)


def as_figure(idle: Idle, back: list[float]) -> Figure:
    """The row: idle CPU as its value; the worst of the three bounds as its ratio, so that 1 means all are met."""
    cpu, memory, ready = sum(idle.share.values()), sum(idle.memory.values()), max(back)
    ratio = min(1.0, MOST_CPU / max(cpu, 1e-9), MOST_MEMORY / max(memory, 1), MOST_SECONDS / max(ready, 1e-9))
    parts = [
        (f"{name}: CPU, memory", f"{share:.2%}, {idle.memory[name] / 2**20:,.0f} MB")
        for name, share in sorted(idle.share.items(), key=lambda each: -each[1])
    ]
    times = ", ".join(f"{seconds:.1f} s" for seconds in back)
    return Figure(
        id="P7",
        name="idle: five services, PostgreSQL, catcher, launcher",
        value=cpu * 100,
        unit="% of a core",
        limit="2 % of a core, 600 MB proportional set size, 10 s from SIGKILL of everything to ready; ratio: the worst of the three, at most 1",
        limit_value=MOST_CPU * 100,
        ratio=ratio,
        note=f"{memory / 2**20:,.0f} MB; ready {ready:.1f} s after SIGKILL of everything; sampled over {SAMPLE_SECONDS:.0f} s",
        void="" if cpu > 0 else "no CPU time could be read",
        details=(*parts, ("SIGKILL of everything to ready", times)),
    )
