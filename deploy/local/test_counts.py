"""A pytest plug-in that writes down what a run came to, because the closing line must not be guessed from printed text."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

COUNTS_VARIABLE = "DUEBACK_TEST_COUNTS"


@dataclass
class Counts:
    """Tests by outcome, subtests and errors of set-up included; `reasons` counts skips by their reason."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Called once, in the process that reports, after the last test."""
    stats = terminalreporter.stats
    counts = Counts(passed=len(stats.get("passed", [])))
    for outcome in ("failed", "error", "subtests failed", "xpassed"):
        counts.failed += len(stats.get(outcome, []))
    for report in stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        counts.skipped += 1
        counts.reasons[reason] = counts.reasons.get(reason, 0) + 1
    target = os.environ.get(COUNTS_VARIABLE)
    if target:
        Path(target).write_text(json.dumps(asdict(counts)), encoding="utf-8")
