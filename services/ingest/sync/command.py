"""The agent's words on a terminal: `./dueback sync CONNECTOR --config FILE`, `--list`, `--dry-run`, `--guess FOLDER`, `--every MINUTES`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from services.ingest import connectors
from services.ingest.domain.connector import UNREADABLE, Connector, OpenWeb, SourceFailedError
from services.ingest.sync.account import Account
from services.ingest.sync.agent import Agent, Tell, look
from services.ingest.sync.carrier import Carrier, CarryFailedError, ConnectionOverError
from services.ingest.sync.config import ConfigRefusedError, Target, is_secret, read_file, read_source, read_target
from services.ingest.sync.pacing import back_off_seconds
from services.ingest.sync.state import StateRefusedError, open_state
from services.ingest.sync.web import PoliteWeb
from shared.kit.clock import SystemClock
from shared.kit.http import AsyncClient, Timeout
from shared.kit.plugins import find_plugins

WRONG_USE: Final = 2
OVER: Final = 3
_WAIT_SECONDS: Final = 60.0


def say(line: str) -> None:
    """Write a line of the answer."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tell(line: str) -> None:
    """Write a line of progress or of what went wrong."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main(argv: list[str]) -> int:
    """Run the agent. 0: all was carried; 1: something could not be read or sent; 2: wrong words or configuration; 3: the connection was ended."""
    found: dict[str, Connector] = find_plugins(connectors, "CONNECTOR")
    try:
        asked = _parser(found).parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if asked.list:
        say("\n\n".join(_described(found[slug]) for slug in sorted(found)))
        return 0
    if asked.connector is None:
        tell("sync needs a connector: ./dueback sync --list tells which there are and what each needs.")
        return WRONG_USE
    connector = found[asked.connector]
    try:
        if asked.guess is not None:
            return _guess(connector, asked.guess)
        return asyncio.run(_run(connector, asked))
    except (ConfigRefusedError, StateRefusedError) as refused:
        tell(str(refused))
        return WRONG_USE


def _parser(found: Mapping[str, Connector]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dueback sync", description="Carry a practice or shop system's data to ingest."
    )
    parser.add_argument(
        "connector", nargs="?", choices=sorted(found), metavar="CONNECTOR", help=", ".join(sorted(found))
    )
    parser.add_argument("--list", action="store_true", help="tell what every connector reads and needs")
    parser.add_argument("--config", type=Path, help="TOML file with [ingest] and [source]")
    parser.add_argument("--state", type=Path, help="folder for the cursor; by default beside the configuration")
    parser.add_argument("--every", type=float, metavar="MINUTES", help="go on for ever, with this pause")
    parser.add_argument(
        "--dry-run", action="store_true", help="send nothing: tell what would be taken, held and dropped"
    )
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="a field of [source]")
    parser.add_argument("--guess", type=Path, metavar="FOLDER", help="look at files and propose a configuration")
    return parser


def _described(connector: Connector) -> str:
    rows = [f"{connector.slug}: {connector.description}"]
    rows += [f"  {title}: {text}" for title, text in (("reads", connector.reads), ("needs", connector.needs)) if text]
    for name, field in connector.settings.model_fields.items():
        secret = " (secret)" if is_secret(field) else ""
        default = "" if field.is_required() else ", may be left out"
        rows.append(f"    {name}{secret}: {field.description}{default}")
    return "\n".join(rows)


def _guess(connector: Connector, folder: Path) -> int:
    if connector.guess is None:
        tell(f"{connector.slug} has nothing to guess: ./dueback sync --list tells what it needs.")
        return WRONG_USE
    if not folder.is_dir():
        tell(f"There is no folder {folder}.")
        return WRONG_USE
    say(connector.guess(folder))
    return 0


async def _run(connector: Connector, asked: argparse.Namespace) -> int:
    tables = read_file(asked.config) if asked.config else {}
    tables = _with_fields(connector, tables, asked.set)
    settings = read_source(connector, tables, asked.config, os.environ)
    async with AsyncClient(timeout=Timeout(120, connect=20), trust_env=False) as http:
        open_web = partial(PoliteWeb, http)
        if asked.dry_run:
            try:
                account = await look(connector, settings, clock=SystemClock(), open_web=open_web, tell=tell)
            except SourceFailedError as failed:
                tell(str(failed))
                return 1
            return _conclude(account)
        if asked.config is None:
            raise ConfigRefusedError("sync needs --config FILE with [ingest] and [source], or --dry-run.")
        target = read_target(tables, asked.config, os.environ)
        folder = asked.state or asked.config.with_suffix(".state")
        return await carry_on(connector, settings, target, folder, http, open_web, asked.every)


def _with_fields(connector: Connector, tables: dict[str, Any], given: list[str]) -> dict[str, Any]:
    source = dict(tables.get("source", {})) if isinstance(tables.get("source", {}), dict) else {}
    for assignment in given:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise ConfigRefusedError("--set wants FIELD=VALUE.")
        if name in connector.settings.model_fields and is_secret(connector.settings.model_fields[name]):
            raise ConfigRefusedError(
                f"{name} is a secret: every user of this computer can see what stands in a command."
            )
        source[name] = value
    return tables | {"source": source}


async def carry_on(
    connector: Connector,
    settings: BaseModel,
    target: Target,
    folder: Path,
    http: AsyncClient,
    open_web: OpenWeb,
    every: float | None,
) -> int:
    """Run once, or until the connection is ended: a run that failed is told and tried again, at first soon."""
    url = target.url.rstrip("/")
    token_url = target.token_url or f"{url}/v1/token"
    carrier = Carrier(http, url, token_url, target.client_id, target.client_secret, target.connection_id)
    failures = 0
    while True:
        state = open_state(folder, str(target.connection_id))
        try:
            agent = Agent(connector, settings, state, carrier, SystemClock(), open_web, tell)
            code = await _run_once(agent)
        finally:
            state.close()
        if every is None or code == OVER:
            return code
        failures = failures + 1 if code else 0
        await asyncio.sleep(min(back_off_seconds(failures) * _WAIT_SECONDS, every * 60) if failures else every * 60)


async def _run_once(agent: Agent) -> int:
    tell_progress: Tell = agent.tell
    try:
        return _conclude(await agent.run())
    except ConnectionOverError as over:
        tell_progress(str(over))
        return OVER
    except (SourceFailedError, CarryFailedError) as failed:
        tell_progress(str(failed))
    except OSError as error:
        tell_progress(f"A file of the source or of the agent cannot be used: {error.strerror or type(error).__name__}.")
    say(agent.account.text())
    return 1


def _conclude(account: Account) -> int:
    say(account.text())
    broken = any(account.unreadable[problem] for problem in UNREADABLE)
    return 1 if broken or account.quarantined or account.rejected else 0
