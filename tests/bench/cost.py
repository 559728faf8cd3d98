"""CPU time and memory of running processes, read from /proc, because a rate without its cost can be bought."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system, of each process alone) and proportional set size in bytes."""

    cpu_s: float
    memory: int


def family(pid: int) -> list[int]:
    """The process and all its living descendants."""
    members = [pid]
    for member in members:
        for task in Path(f"/proc/{member}/task").glob("*/children"):
            try:
                members.extend(int(child) for child in task.read_text().split())
            except OSError:
                continue
    return members


def name_of(pid: int) -> str:
    """What a process calls itself, "" for one that has ended. Off Linux always ""."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def cost_of(pids: Iterable[int]) -> Cost:
    """The sum over `pids`; a process that has ended counts as nothing. Off Linux all is zero."""
    cpu, memory = 0.0, 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            cpu += (int(fields[11]) + int(fields[12])) / TICKS
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        memory += next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)
    return Cost(cpu, memory)


def ended_cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds of the children of `pids` that have ended and were waited for."""
    seconds = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        seconds += (int(fields[13]) + int(fields[14])) / TICKS
    return seconds
