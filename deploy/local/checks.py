"""The checks of the house as a list, because `check` and `test` run the same ones."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.screen import Screen
from deploy.local.spawn import spawn

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    """A name for the terminal and a command that fails when the house is not in order."""

    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("lint", (str(TOOLS / "ruff"), "check", "--quiet", ".", "dueback")),
    Check("format", (str(TOOLS / "ruff"), "format", "--check", "--quiet", ".", "dueback")),
    Check("imports", (str(TOOLS / "lint-imports"), "--no-cache")),
    Check("types", (sys.executable, "-m", "mypy")),
)
HOUSE = Check("house", (sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/house"))


def run_checks(checks: Sequence[Check], screen: Screen) -> bool:
    """Run all of them and print a line each, with the output of those that fail. True when all hold."""
    good = True
    screen.title("Checks")
    for check in checks:
        began = time.monotonic()
        process = spawn(check.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, folder=REPOSITORY)
        output = process.communicate()[0].decode("utf-8", "replace").strip()
        verdict = "ok" if process.returncode == 0 else "FAILED"
        screen.tell(f"{check.name:<8} {verdict:<7} {time.monotonic() - began:5.1f} s")
        if process.returncode != 0:
            good = False
            print(output, flush=True)
    return good
