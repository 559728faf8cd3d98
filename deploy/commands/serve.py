"""Run one service's API in the foreground.

It is configured by its environment variables (deploy/settings.md) or joins the installation running in --data.
"""

import argparse

from deploy.local.chosen import add_data_option, process_count
from deploy.local.names import SERVICES
from deploy.local.single import run_single


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which service."""
    parser.add_argument("service", choices=sorted(SERVICES))
    parser.add_argument(
        "--workers", type=process_count, default=0, help="processes of background work beside it (default 0)"
    )
    add_data_option(parser)


def run(asked: argparse.Namespace, _rest: list[str]) -> int:
    """Become the service."""
    return run_single(asked.service, ["serve", *["work"] * asked.workers], asked.data)
