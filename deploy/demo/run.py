"""`./dueback demo`: the main job, end to end, and an account of what happened to whom and why; exit code 0 only if it adds up."""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from deploy.demo.account import Account, account, as_json
from deploy.demo.doors import UnexpectedAnswerError, open_http
from deploy.demo.evidence import Evidence
from deploy.demo.fhir_supply import read_fhir_supply
from deploy.demo.moment import DemoClock, good_start
from deploy.demo.paint import paint_for
from deploy.demo.place import clear_place
from deploy.demo.play import Play
from deploy.demo.quiet import NeverQuietError
from deploy.demo.sample import sample
from deploy.demo.set_up import open_installation
from deploy.demo.show import show_account
from deploy.demo.supply import Supply, supplies_of
from deploy.local.chosen import REPOSITORY
from deploy.local.stack import Options, Stack

BROKEN = 1


def main(argv: Sequence[str]) -> int:
    """0 when everything adds up, 1 when not or when the services stopped answering, 2 (CannotRunError) when it cannot start."""
    asked = parse(argv)
    began = time.monotonic()
    progress = sys.stderr if asked.json else sys.stdout

    def tell(text: str) -> None:
        print(f"  {text}", file=progress, flush=True)

    start, supplies = choose_supplies(asked)
    folder = clear_place(asked.data, tell)
    source = f"FHIR export {asked.fhir}" if asked.fhir else f"generated sample, seed {asked.seed}"
    print(paint_for(progress).strong(f"Dueback demo: {source}, from {start:%A %d %B %Y}"), file=progress, flush=True)
    clock = DemoClock(folder / "clock", start)
    # Not durable: the folder is emptied by the next demo, and a checkpoint at the end took five seconds of a busy disk.
    options = Options(mode="demo", clock_file=clock.path, usual_ports=asked.keep, durable=False)
    with Stack(folder, options, tell=tell) as stack:
        try:
            evidence = asyncio.run(play(stack, clock, supplies, tell))
        except (UnexpectedAnswerError, NeverQuietError) as error:
            print(paint_for(sys.stderr).bad(f"The demo cannot go on: {error}"), file=sys.stderr)
            say_tails(stack)
            return BROKEN
        made = account(evidence)
        publish(made, evidence, asked, time.monotonic() - began)
        if asked.keep:
            keep_running(stack)
    return 0 if made.adds_up else BROKEN


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="./dueback demo", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another sample (default: 1)")
    parser.add_argument("--json", action="store_true", help="print the account as JSON; progress goes to stderr")
    parser.add_argument(
        "--fhir", type=Path, metavar="FOLDER", help="a FHIR bulk export instead of the generated sample"
    )
    parser.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="the day it plays on (default: chosen)")
    parser.add_argument(
        "--keep", action="store_true", help="leave everything running until Ctrl-C, to look at the mails"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=REPOSITORY / "data" / "demo",
        metavar="FOLDER",
        help="emptied first (default: data/demo)",
    )
    return parser.parse_args(argv)


def choose_supplies(asked: argparse.Namespace) -> tuple[datetime, list[Supply]]:
    """When it starts and what is handed in. Raises CannotRunError for a folder that is no FHIR export."""
    if asked.fhir:
        supply = read_fhir_supply(asked.fhir, on=asked.on)
        return supply.start, [supply]
    start = good_start(asked.on or datetime.now(UTC).date())
    return start, supplies_of(sample(start, seed=asked.seed))


async def play(stack: Stack, clock: DemoClock, supplies: Sequence[Supply], tell: Callable[[str], None]) -> Evidence:
    """Plays it with an HTTP client of its own."""
    async with open_http() as http:
        return await Play(open_installation(stack, http, clock), supplies, tell).run()


def publish(made: Account, evidence: Evidence, asked: argparse.Namespace, took_s: float) -> None:
    """Prints the table or the JSON."""
    if asked.json:
        print(json.dumps(as_json(made, seed=asked.seed, evidence=evidence, took_s=took_s), indent=1))
        return
    width = max(60, min(shutil.get_terminal_size((110, 40)).columns, 160))
    print(show_account(made, paint_for(sys.stdout), width=width, took_s=took_s), flush=True)


def keep_running(stack: Stack) -> None:
    """Waits for Ctrl-C."""
    print(f"\n  The mails: {stack.inbox_url}    Ctrl-C stops everything.", file=sys.stderr, flush=True)
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        print(file=sys.stderr)


def say_tails(stack: Stack) -> None:
    """The last words of the services, for whoever looks for the cause; the logs hold ids only."""
    print(f"The services' logs are in {stack.folder / 'logs'}.", file=sys.stderr)
