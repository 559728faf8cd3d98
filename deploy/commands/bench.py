"""Measure the rows of the performance table against their limits; `--json` for machines, ROW names to choose."""

import argparse
import importlib

PASS_ON = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench has a parser of its own."""


def run(_asked: argparse.Namespace, rest: list[str]) -> int:
    """Hand over to the bench."""
    return int(importlib.import_module("tests.bench.run").main(rest))
