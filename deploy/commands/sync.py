"""Carry a practice or shop system's data to ingest: ./dueback sync CONNECTOR ..."""

import argparse
import importlib

PASS_ON = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The agent has a parser of its own."""


def run(_asked: argparse.Namespace, rest: list[str]) -> int:
    """Hand over to the agent that reads connectors; it works on the practice's own computer as well."""
    return int(importlib.import_module("services.ingest.sync.command").main(rest))
