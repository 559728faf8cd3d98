"""Play a year of a practice and a shop in fast motion and show what was mailed."""

import argparse
import importlib

PASS_ON = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The year has a parser of its own."""


def run(_asked: argparse.Namespace, rest: list[str]) -> int:
    """Hand over to the year; its exit code is 0 only when nothing was sent that should not have been."""
    return int(importlib.import_module("deploy.year.run").main(rest))
