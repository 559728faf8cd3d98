"""Bring the five databases to their newest form (embedded, or in DATABASE_URL)."""

import argparse

from deploy.local.chosen import add_data_option, chosen_options
from deploy.local.screen import Screen
from deploy.local.stack import Stack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `migrate`."""
    add_data_option(parser)


def run(asked: argparse.Namespace, _rest: list[str]) -> int:
    """Prepare everything but start no service."""
    screen = Screen()
    stack = Stack(asked.data, chosen_options(), tell=screen.tell)
    try:
        stack.prepare()
    finally:
        stack.stop()
    return 0
