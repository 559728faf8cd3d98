"""Dueback's command line: find the subcommand's file, run it, and turn what goes wrong into one sentence."""

import argparse
import errno
import importlib
import os
import pkgutil
import signal
import sys
from types import FrameType
from typing import NoReturn, Protocol, cast

from deploy import commands
from deploy.local.cannot_run import CannotRunError

USUAL = "up"
WRONG_USE = 2
INTERRUPTED = 130
PROGRAM = "dueback"


class Command(Protocol):
    """What a file in `deploy/commands` offers: its docstring's first line is the help text.

    `PASS_ON = True` hands all arguments over unread, for commands with a parser of their own.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options."""

    def run(self, asked: argparse.Namespace, rest: list[str]) -> int:
        """Do it and return the exit code; `rest` holds arguments the parser did not know, where the command wants them."""


def main(argv: list[str]) -> int:
    """Run one subcommand; `up` when none is named. Exit code 2 with a sentence on stderr when it cannot run."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts us with & has it ignored
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    name, rest = (argv[0], argv[1:]) if argv and not argv[0].startswith("-") else (USUAL, argv)
    if argv[:1] in (["-h"], ["--help"], ["help"]):
        print(_overview(), end="")
        return 0
    if name not in _names():
        return _complain(f"There is no command {name!r}: ./dueback --help lists them.")
    try:
        return _run(name, rest)
    except CannotRunError as error:
        return _complain(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it flushes
        return 1
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _complain("The disk is full: make room and start again.")
        if error.errno in (errno.EACCES, errno.EROFS) and error.filename:
            return _complain(f"Cannot write {error.filename}: choose another folder with --data.")
        raise
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED


def _run(name: str, arguments: list[str]) -> int:
    command = _load(name)
    parser = argparse.ArgumentParser(
        prog=f"./{PROGRAM}" if name == USUAL else f"./{PROGRAM} {name}",
        description=(command.__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if getattr(command, "PASS_ON", False):
        return command.run(argparse.Namespace(), arguments)
    command.add_arguments(parser)
    if getattr(command, "TAKES_REST", False):
        asked, rest = parser.parse_known_args(arguments)
        return command.run(asked, rest)
    return command.run(parser.parse_args(arguments), [])


def _names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(commands.__path__) if not module.name.startswith("_"))


def _load(name: str) -> Command:
    return cast("Command", importlib.import_module(f"deploy.commands.{name}"))


def _overview() -> str:
    lines = [
        "Dueback: e-mail CRM for dental practices and auto-repair shops.",
        "",
        "Use: ./dueback [command] [options]",
        "",
    ]
    for name in _names():
        first = (_load(name).__doc__ or "").strip().splitlines()[0]
        lines.append(f"  {name:<9} {first}")
    lines += ["", "Without a command everything is started. ./dueback <command> --help tells more.", ""]
    lines += [
        "DATABASE_URL replaces the embedded PostgreSQL, SMTP_URL the mail catcher, DUEBACK_DATA the data folder.",
        "",
    ]
    return "\n".join(lines)


def _complain(sentence: str) -> int:
    print(f"{PROGRAM}: {sentence}", file=sys.stderr)
    return WRONG_USE


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM and a closed terminal unwind the stack like Ctrl-C, so that everything is stopped in order."""
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
