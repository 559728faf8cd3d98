"""Start everything: PostgreSQL, the five services and a mail catcher; Ctrl-C stops it.

DATABASE_URL (or one per service, as in INGEST_DATABASE_URL) replaces the embedded PostgreSQL, SMTP_URL the mail catcher.
"""

import argparse
import signal

from deploy.local.chosen import add_data_option, add_port_option, chosen_options
from deploy.local.screen import Screen
from deploy.local.secrets import FILE as SECRETS_FILE
from deploy.local.stack import Stack
from shared.kit.relay_url import read_relay_url


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `up`."""
    add_data_option(parser)
    add_port_option(parser)
    parser.add_argument(
        "--apart", action="store_true", help="run API and work of each service in processes of their own"
    )
    parser.add_argument("--mailers", type=int, default=1, metavar="N", help="how many mailer workers (default: 1)")
    parser.add_argument("--verbose", action="store_true", help="show every line the services write, not only trouble")


def run(asked: argparse.Namespace, _rest: list[str]) -> int:
    """Bring it up, say where it is, wait for the end."""
    screen = Screen(verbose=asked.verbose)
    options = chosen_options(apart=asked.apart, mailer_workers=asked.mailers, ports=asked.port)
    stack = Stack(asked.data, options, tell=screen.tell, show=screen.show)
    screen.title("Dueback is starting")
    try:
        with stack:
            _say_where(screen, stack)
            screen.settled = True
            try:
                while True:
                    signal.pause()
            finally:
                screen.settled = False
    except (KeyboardInterrupt, SystemExit):
        screen.title("Stopped")
    return 0


def _say_where(screen: Screen, stack: Stack) -> None:
    screen.title("Dueback is running")
    rows = [("Portal", stack.urls["portal"])]
    if stack.inbox_url:
        rows.append(("Inbox", f"{stack.inbox_url}   mail goes here and nowhere else"))
    else:
        relay = read_relay_url(stack.smtp_url, mode=stack.options.mode, variable="SMTP_URL")
        rows.append(("Relay", f"{relay.host}:{relay.port}   mail goes to the world"))
    rows += [
        (name.capitalize(), f"{stack.urls[name]}/v1/openapi.json")
        for name in ("ingest", "scheduler", "mailer", "optout")
    ]
    rows.append(("Operator", f"client {stack.operator.client_id}, secret in {stack.folder / SECRETS_FILE}"))
    rows.append(("Data", str(stack.folder)))
    screen.table(rows)
    screen.title("Ctrl-C stops everything.")
