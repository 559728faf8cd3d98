"""Run lint, types, import contracts and house rules; all of them even if one fails."""

import argparse

from deploy.local.checks import CHECKS, HOUSE, run_checks
from deploy.local.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(_asked: argparse.Namespace, _rest: list[str]) -> int:
    """Exit code 1 when any check fails."""
    return 0 if run_checks([*CHECKS, HOUSE], Screen()) else 1
