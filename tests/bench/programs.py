"""Runs a reference program in its own process, so that a limit and our own work never share an interpreter."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 600


def run_limit(name: str, *arguments: int, environment: Mapping[str, str] | None = None) -> dict[str, float]:
    """The figures that `tests/bench/limits/<name>.py` prints; raises RuntimeError with its last words."""
    command = [sys.executable, "-m", f"tests.bench.limits.{name}", *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise RuntimeError(f"{name} failed: {last}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
