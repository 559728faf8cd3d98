"""Prints what the reader makes of every sample: `python -m tests.mailer.reports.table [folder]` (default: the samples beside the repository)."""

import sys
from pathlib import Path

from services.mailer.domain.reports import Report
from services.mailer.smtp.reports import classify
from tests.fixtures.samples import SAMPLES


def classify_folder(folder: Path) -> dict[str, Report]:
    """Return the report of each mail in a folder, by file name."""
    return {path.name: classify(path.read_bytes()) for path in sorted(folder.rglob("*.eml"))}


def make_table(reports: dict[str, Report]) -> str:
    """Return the table: file, kind, blame, reason, status, recipients."""
    rows = [
        (
            name,
            report.kind.value,
            report.blame or "",
            report.reason or "",
            report.status or "",
            ", ".join(report.recipients[:3]),
        )
        for name, report in reports.items()
    ]
    head = ("file", "kind", "blame", "reason", "status", "recipients")
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(5)]
    lines = ["  ".join((*(row[column].ljust(widths[column]) for column in range(5)), row[5])) for row in (head, *rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(
        make_table(classify_folder(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES / "bounces")) + "\n"
    )
