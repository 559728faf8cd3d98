"""Show the main job end to end with generated businesses."""

import argparse
import importlib

PASS_ON = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The demo has a parser of its own."""


def run(_asked: argparse.Namespace, rest: list[str]) -> int:
    """Hand over to the demo; its exit code is 0 only when everything adds up."""
    return int(importlib.import_module("deploy.demo.run").main(rest))
