"""Crash points kill where they say and only there."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = (
    "from shared.kit.crashpoints import crashpoint\nfor _ in range(3): crashpoint('a.b'); print('passed', flush=True)"
)


def _run(**environment: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parent.parent.parent)
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={"PYTHONPATH": root} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("wanted", "passed"), [("a.b", 0), ("a.b:2", 1), ("a.b:3", 2)])
def test_the_process_dies_at_the_named_passage(wanted: str, passed: int) -> None:
    """I12."""
    result = _run(DUEBACK_CRASH=wanted)
    assert result.returncode == -signal.SIGKILL
    assert result.stdout.count("passed") == passed


def test_nothing_happens_without_the_variable() -> None:
    """I12: nothing in production."""
    assert _run().stdout.count("passed") == 3
    assert _run(DUEBACK_CRASH="other").stdout.count("passed") == 3


def test_a_successor_lives_when_the_crash_is_meant_once(tmp_path: Path) -> None:
    """I12: the supervisor starts the process again with the same environment."""
    environment = {"DUEBACK_CRASH": "a.b", "DUEBACK_CRASH_ONCE": str(tmp_path / "died")}
    assert _run(**environment).returncode == -signal.SIGKILL
    assert _run(**environment).returncode == 0
