"""Run one service in the foreground, in one process or several, because production starts services apart."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from deploy.local.cannot_run import CannotRunError
from deploy.local.chosen import chosen_options
from deploy.local.running import running_environment


def run_single(service: str, modes: Sequence[str], data: Path) -> NoReturn:
    """Become `shared.kit.run`, a process for each mode: with our own environment if it configures the service, else with that of a running folder.

    A second process beside a running one gets a port and a state folder of its own. Raises `CannotRunError`.
    """
    prefix = service.upper()
    if f"{prefix}_DATABASE_API" in os.environ:
        environment = dict(os.environ)
    elif (data / "addresses.json").exists():
        environment = running_environment(service, data, chosen_options())
    else:
        raise CannotRunError(
            f"{service} is not configured: set {prefix}_DATABASE_API and its other settings, "
            "or start ./dueback first and name its folder with --data."
        )
    os.execve(  # noqa: S606 - signals and exit code are the service's own
        sys.executable, [sys.executable, "-m", "shared.kit.run", service, *modes], environment
    )
