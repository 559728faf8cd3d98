"""`./dueback year`: a simulated year through the real services, a table of what was mailed, and findings; exit code 0 only if there are none."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from deploy.demo.businesses import BRIGHT_SMILE, CORNER_GARAGE
from deploy.demo.businesses import Business as BusinessFacts
from deploy.demo.doors import open_http
from deploy.demo.moment import DemoClock, good_start
from deploy.demo.place import clear_place
from deploy.demo.set_up import open_installation
from deploy.local.chosen import REPOSITORY
from deploy.local.stack import Options, Stack
from deploy.year.effect import find_wrong_effect, read_effects, show_effect, true_effect
from deploy.year.judge import judge
from deploy.year.life import Life
from deploy.year.paced import capacity_of
from deploy.year.play import Business, Tell, open_business, play_days
from deploy.year.relay import open_relay
from deploy.year.sent import read_sent
from deploy.year.show import show_business

_SHOWN = 20


def main(argv: Sequence[str]) -> int:
    """0 when nothing was found, 1 otherwise. Raises CannotRunError when it cannot start."""
    asked = _parse(argv)
    folder = clear_place(asked.data, _tell)
    clock = DemoClock(folder / "clock", good_start(datetime.now(UTC).date()))
    with open_relay() as port:
        options = Options(
            mode="demo",
            clock_file=clock.path,
            usual_ports=False,
            durable=False,
            catcher=False,
            smtp_url=f"smtp://127.0.0.1:{port}",
        )
        with Stack(folder, options, tell=_tell) as stack:
            return asyncio.run(_play(stack, clock, asked))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dueback year", description=__doc__)
    parser.add_argument("--patients", type=int, default=3000, help="of the dental practice (default: 3000)")
    parser.add_argument("--vehicles", type=int, default=4000, help="of the auto shop, an owner each (default: 4000)")
    parser.add_argument("--days", type=int, default=365, help="how long the year is (default: 365)")
    parser.add_argument("--types", default="", help="campaign types by slug, with commas (default: all)")
    parser.add_argument(
        "--chairs",
        type=int,
        default=3,
        help="of the practice, the shop has a bay more: with 2, invitations wait for room (default: 3)",
    )
    parser.add_argument("--seed", type=int, default=1, help="another year (default: 1)")
    parser.add_argument(
        "--data", type=Path, default=REPOSITORY / "data" / "year", help="emptied first (default: data/year)"
    )
    return parser.parse_args(argv)


async def _play(stack: Stack, clock: DemoClock, asked: argparse.Namespace) -> int:
    began = time.monotonic()
    sizes = ((BRIGHT_SMILE, asked.patients), (CORNER_GARAGE, asked.vehicles))
    found: list[str] = []
    async with open_http() as http:
        installation = open_installation(stack, http, clock)
        types = [slug for slug in asked.types.split(",") if slug]
        lives = [(_life(each, asked), count) for each, count in sizes if count]
        businesses = [await open_business(installation, life, count, types, _tell) for life, count in lives]
        await play_days(installation, businesses, asked.days, _tell)
        now = clock.now()
        for business in businesses:
            found += await _account(business, now - timedelta(days=asked.days + 1), now)
    for finding in found[:_SHOWN]:
        sys.stdout.write(f"  ! {finding}\n")
    took = time.monotonic() - began
    words = f"{len(found)} findings" if found else "nothing was sent that should not have been"
    sys.stdout.write(f"{asked.days} days in {took:,.0f} s: {words}.\n")
    return 1 if found else 0


def _life(business: BusinessFacts, asked: argparse.Namespace) -> Life:
    capacity = capacity_of(asked.chairs + (business.vertical == "auto"))
    paced = replace(business, location=business.location | {"capacity": capacity})
    return Life(paced, Random(f"{asked.seed}/{business.slug}"))  # noqa: S311 - a sample


async def _account(business: Business, began: datetime, now: datetime) -> list[str]:
    """Show what a business's year brought and return what was wrong with it."""
    sent = await read_sent(business.database_url, business.site.subscriber_id)
    sys.stdout.write(show_business(business, sent))
    found = judge(business.life, sent, business.people)
    for effect in await read_effects(business.site, began, now):
        truth = true_effect(sent.touches, business.people, effect, now)
        sys.stdout.write(show_effect(effect, truth) + "\n")
        found += find_wrong_effect(effect, truth)
    return found


def _tell(text: str) -> None:
    print(f"  {text}", flush=True)


__all__ = ["Tell", "main"]
