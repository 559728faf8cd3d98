"""Check what must never go wrong: ./dueback doctor ledger verifies every hash chain of the permission ledger.

Looks at the installation running in --data, or at OPTOUT_DATABASE_WORKER. Exit code 0 if all is as it was written, 1 if not, 2 if it could not look.
"""

import argparse
import asyncio
import importlib
import os
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.cannot_run import CannotRunError
from deploy.local.chosen import add_data_option, chosen_options
from deploy.local.running import running_databases
from shared.kit.db import Database

VARIABLE = "OPTOUT_DATABASE_WORKER"
ALTERED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to check."""
    parser.add_argument("part", choices=["ledger"], help="ledger: every hash chain of the permission ledger")
    add_data_option(parser)


def run(asked: argparse.Namespace, _rest: list[str]) -> int:
    """Verify and name what is wrong. Raises `CannotRunError` when there is no database to look at."""
    try:
        found = asyncio.run(_verify(_database_url(asked.data)))
    except (OSError, asyncpg.PostgresError) as error:
        raise CannotRunError(f"The database of optout cannot be read: {type(error).__name__}.") from None
    for fault in found.faults:
        print(_sentence(fault))
    if found.faults:
        return ALTERED
    print(f"Ledger: {found.chains:,} chains with {found.entries:,} entries, all as they were written.")
    return 0


def _database_url(data: Path) -> str:
    if url := os.environ.get(VARIABLE):
        return url
    if not (data / "addresses.json").exists():
        raise CannotRunError(
            f"There is no ledger to look at: start ./dueback and name its folder with --data, or set {VARIABLE}."
        )
    return running_databases(data, chosen_options())["optout"].worker


async def _verify(url: str) -> Any:
    database = Database(url, application="dueback-doctor", pool_size=1)
    try:
        return await importlib.import_module("services.optout.actions.verify_chains").verify_chains(database)
    finally:
        await database.close()


def _sentence(fault: Any) -> str:
    if fault.kind == "cut_off":
        return (
            f"Chain {fault.subscriber_id} ends at position {fault.chain_position}, but the suppression log knows entry {fault.entry_id}: "
            "its end was removed."
        )
    return f"Chain {fault.subscriber_id} is not what was written: it breaks at position {fault.chain_position}."
