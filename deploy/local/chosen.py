"""Turn command-line options and environment variables into a stack's options, in one place for all commands."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from deploy.local.cannot_run import CannotRunError
from deploy.local.names import SERVICES
from deploy.local.options import Options
from deploy.local.ports import IN_MAILS, USUAL_PORTS
from shared.kit.relay_url import RelayUrlRefusedError, read_relay_url

REPOSITORY = Path(__file__).resolve().parents[2]
MOST_PROCESSES = 64
MODES = ("demo", "production", "test")
NEEDED_FOR_THE_WORLD = ("MAILER_BOUNCE_DOMAIN", "MAILER_HELO_NAME", "OPTOUT_PRIVACY_MAILTO", "PORTAL_PRIVACY_CONTACT")
"""What has a sample value that production refuses."""


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """`--data`, as every command that touches an installation has it."""
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("DUEBACK_DATA") or REPOSITORY / "data"),
        metavar="FOLDER",
        help="where everything is kept (default: DUEBACK_DATA, else ./data of the repository)",
    )


def process_count(text: str) -> int:
    """How many processes an option asks for: 0 to 64. Raises `argparse.ArgumentTypeError`."""
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_PROCESSES):
        raise argparse.ArgumentTypeError(f"a number from 0 to {MOST_PROCESSES}, not {text!r}")
    return int(text)


def add_port_option(parser: argparse.ArgumentParser) -> None:
    """`--port NAME=N`, repeatable."""
    parser.add_argument(
        "--port",
        action="append",
        default=[],
        metavar="NAME=N",
        help=f"a fixed port for one of: {', '.join(USUAL_PORTS)} (default: the last or usual one if free)",
    )


def demanded_ports(texts: list[str]) -> dict[str, int]:
    """What `--port` asked for. Raises `CannotRunError`."""
    ports: dict[str, int] = {}
    for text in texts:
        name, _, number = text.partition("=")
        if name not in USUAL_PORTS or not number.isascii() or not number.isdigit():
            raise CannotRunError(f"--port takes NAME=N with a name out of {', '.join(USUAL_PORTS)}, not {text!r}.")
        ports[name] = int(number)
    return ports


def chosen_options(
    *,
    apart: bool = False,
    mailer_workers: int = 1,
    ports: list[str] | None = None,
    given: Mapping[str, str] | None = None,
) -> Options:
    """Options of `up` from the environment: databases, relay, mode. Raises `CannotRunError` for what cannot be meant."""
    given = os.environ if given is None else given
    smtp_url = given.get("SMTP_URL") or None
    mode = given.get("DUEBACK_MODE") or ("production" if smtp_url else "demo")
    if mode not in MODES:
        raise CannotRunError(f"DUEBACK_MODE must be one of {', '.join(MODES)}, not {mode!r}.")
    public = {name: given.get(f"{name.upper()}_PUBLIC_URL") or None for name in IN_MAILS}
    _check_way_out(mode, smtp_url, public, given)
    if mailer_workers < 1:
        raise CannotRunError("--mailers takes a number from 1.")
    own = {
        name: given[f"{name.upper()}_DATABASE_URL"] for name in SERVICES if given.get(f"{name.upper()}_DATABASE_URL")
    }
    if own and len(own) < len(SERVICES) and not given.get("DATABASE_URL"):
        missing = ", ".join(f"{name.upper()}_DATABASE_URL" for name in SERVICES if name not in own)
        raise CannotRunError(f"Some services have a database URL and others not: set {missing} too, or DATABASE_URL.")
    clock_file = given.get("DUEBACK_CLOCK_FILE")
    return Options(
        mode=mode,
        clock_file=Path(clock_file) if clock_file else None,
        database_url=given.get("DATABASE_URL") or None,
        service_database_urls=own,
        smtp_url=smtp_url,
        optout_public_url=public["optout"],
        scheduler_public_url=public["scheduler"],
        bounce_domain=given.get("MAILER_BOUNCE_DOMAIN") or "bounces.example.com",
        apart=apart,
        mailer_workers=mailer_workers,
        ports=demanded_ports(ports or []),
    )


def _check_way_out(mode: str, smtp_url: str | None, public: Mapping[str, str | None], given: Mapping[str, str]) -> None:
    """Raise `CannotRunError` where services of this mode would refuse to start: relay, addresses of the links in mails, sample values."""
    if smtp_url:
        try:
            read_relay_url(smtp_url, mode=mode, variable="SMTP_URL")
        except RelayUrlRefusedError as refused:
            raise CannotRunError(f"{refused} (or DUEBACK_MODE=demo to try things on this machine).") from None
    if mode != "production":
        return
    for name, what in (("optout", "opt-out links that open"), ("scheduler", "links that answer it")):
        if not (public[name] or "").startswith("https://"):
            raise CannotRunError(
                f"Mail to the world needs {what}: set {name.upper()}_PUBLIC_URL to the https address of the "
                f"{name} service (or DUEBACK_MODE=demo to try things on this machine)."
            )
    missing = [name for name in NEEDED_FOR_THE_WORLD if not given.get(name)]
    if missing:
        raise CannotRunError(f"Mail to the world needs names of your own: set {', '.join(missing)} too.")
