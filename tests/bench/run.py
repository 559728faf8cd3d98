"""`./dueback bench [ROW ...] [--json]`: runs rows of the bench and prints them beside their limits.

Rows are files in tests/bench/rows/; each measures its own limit in the same run, because machines differ.
"""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
import time
from collections.abc import Sequence

from deploy.local.cannot_run import CannotRunError
from shared.kit.http import RefusedError, SilentError
from tests.bench import rows as row_folder
from tests.bench.figure import Figure, Options, Row
from tests.bench.table import draw_table


def find_rows() -> dict[str, Row]:
    """Every row by id, in the order of the ids."""
    modules = (
        importlib.import_module(f"{row_folder.__name__}.{m.name}") for m in pkgutil.iter_modules(row_folder.__path__)
    )
    found = [module.ROW for module in modules if hasattr(module, "ROW")]
    return {row.id: row for row in sorted(found, key=lambda row: (len(row.id), row.id))}


def parse(argv: Sequence[str], known: Sequence[str]) -> argparse.Namespace:
    """The command line; unknown rows end with the list of known ones."""
    parser = argparse.ArgumentParser(prog="dueback bench", description="Measures rows against limits of the same run.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"rows to run, all if none: {', '.join(known)}")
    parser.add_argument("--json", action="store_true", help="prints a list of figures instead of the table")
    parser.add_argument("--messages", type=int, default=20_000, help="messages of the campaign send (default 20000)")
    parser.add_argument("--records", type=int, default=60_000, help="records of the ingest (default 60000)")
    parser.add_argument("--suppressions", type=int, default=0, help="opt-outs on file before the campaign (default 0)")
    parser.add_argument(
        "--queued", type=int, default=1_000_000, help="messages behind the campaign of P1A (default 1000000)"
    )
    parser.add_argument("--sink", choices=("auto", "postfix", "own"), default="auto", help="SMTP sink to send to")
    options = parser.parse_args(argv)
    options.rows = [row.upper() for row in options.rows] or list(known)
    unknown = sorted(set(options.rows) - set(known))
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there is {', '.join(known)}")
    return options


def tell(text: str) -> None:
    """One line of progress on standard error, so that --json stays clean."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the rows asked for; 1 if any figure is void or a row could not run."""
    known = find_rows()
    chosen = parse(sys.argv[1:] if argv is None else argv, list(known))
    options = Options(tell, chosen.messages, chosen.records, chosen.suppressions, chosen.queued, chosen.sink)
    figures: list[Figure] = []
    broken = False
    for name in chosen.rows:
        row, start = known[name], time.monotonic()
        tell(f"{row.id}: {row.name} (goal: {row.goal})")
        try:
            figures.append(row.measure(options))
        except (OSError, RuntimeError, CannotRunError, RefusedError, SilentError) as error:
            broken = True
            tell(f"{row.id} could not run: {error}")
        else:
            tell(f"{row.id} took {time.monotonic() - start:.0f} s")
    if chosen.json:
        sys.stdout.write(json.dumps([figure.as_json() for figure in figures], indent=1) + "\n")
    elif figures:
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        sys.stdout.write(f"\n{machine}\n\n{draw_table(figures, colour=sys.stdout.isatty())}")
    return 1 if broken or any(figure.void for figure in figures) else 0


if __name__ == "__main__":
    raise SystemExit(main())
