"""Measure what we promise against its limits (P1, P3 ...)."""

import argparse
import importlib

PASS_ON = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench has a parser of its own."""


def run(_asked: argparse.Namespace, rest: list[str]) -> int:
    """Hand over to the bench."""
    return int(importlib.import_module("tests.bench.run").main(rest))
