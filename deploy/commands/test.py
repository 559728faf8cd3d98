"""Run the checks and all tests on a PostgreSQL of their own; what CI runs.

Other arguments go to pytest.
Skipped tests and their reasons, then the counts, are printed last. tests/faults and tests/bench run only when named.
"""

import argparse
from pathlib import Path

from deploy.local.chosen import add_data_option
from deploy.local.test_run import run_tests

TAKES_REST = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `test`; everything unknown goes to pytest."""
    add_data_option(parser)
    parser.add_argument("--no-skips", action="store_true", help="fail when any test is skipped")
    parser.add_argument("--no-checks", action="store_true", help="only the tests, without lint and types")


def run(asked: argparse.Namespace, rest: list[str]) -> int:
    """Exit code 1 on any failure, and with --no-skips on any skip."""
    return run_tests(Path(asked.data), rest, no_skips=asked.no_skips, checks=not asked.no_checks)
