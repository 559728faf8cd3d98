"""Runs a service: `python -m shared.kit.run <service> [serve|work|both ...]`. Several words are as many processes (`mailer serve work work`).

A service's main.py offers `load_settings()`, `open_deps(settings)` (an async context manager), `create_app(deps)` and `work(deps, stop)`. One that
must not be kept waiting by its own workers offers `follow(deps, stop)` and `deliver(deps, stop)` as well, which together are `work`: of several
processes one then only follows, and those that deliver give way to it.
"""

import asyncio
import gc
import importlib
import os
import signal
import sys
import zoneinfo
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Protocol

from shared.kit import left_out  # noqa: F401 - before the libraries

# isort: split
import uvloop
from fastapi import FastAPI

from shared.kit.bell import ring
from shared.kit.clock import ShiftedClock
from shared.kit.db import UnsafeRoleError
from shared.kit.feed_watch import ENDING
from shared.kit.logs import configure_logs, log
from shared.kit.prefork import REFUSED, call_itself, run_forked
from shared.kit.server import serve
from shared.kit.settings import SERVICES, ServiceSettings, SettingsRefusedError

MODES = ("serve", "work", "both")
_SPLIT = ("follow", "deliver")
_GIVING_WAY = 5
"""Niceness of a process that delivers, where another follows. With two of them on two cores an opt-out was safe after 0.15 s instead of 2.5 s."""
_GC_THRESHOLDS = (20_000, 20, 50)
"""Rarer than Python's 700, 10, 10, which cost a sending worker 4 % of its time; what is looked through is little, the rest is frozen."""


class ServiceModule(Protocol):
    """What main.py of a service offers."""

    def load_settings(self) -> ServiceSettings:
        """Read the settings or raise SettingsRefusedError."""
        ...

    def open_deps(self, settings: Any) -> AbstractAsyncContextManager[Any]:
        """Open what the service depends on."""
        ...

    def create_app(self, deps: Any) -> FastAPI:
        """Build the application."""
        ...

    async def work(self, deps: Any, stop: asyncio.Event) -> None:
        """Run the background loops until `stop`."""
        ...


async def run(module: ServiceModule, settings: ServiceSettings, mode: str) -> None:
    """Serve, work or both until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _end, stop)
    async with module.open_deps(settings) as deps, asyncio.TaskGroup() as group:
        if isinstance(deps.clock, ShiftedClock):
            group.create_task(deps.clock.ring_when_moved(stop))
        if mode in ("serve", "both"):
            group.create_task(
                _until_stop(serve(module.create_app(deps), host=settings.host, port=settings.port, stop=stop), stop)
            )
        if mode in ("work", "both"):
            group.create_task(_until_stop(module.work(deps, stop), stop))
        if mode in _SPLIT:
            group.create_task(_until_stop(getattr(module, mode)(deps, stop), stop))
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        log("kit.run").info("service_started", mode=mode)
    log("kit.run").info("service_stopped")


def _end(stop: asyncio.Event) -> None:
    """Told to stop: loops end, and callers who wait for news of a feed are answered now."""
    stop.set()
    ENDING.set()
    ring()


async def _until_stop(part: Any, stop: asyncio.Event) -> None:
    """A part that ends takes the whole process down cleanly: the supervisor starts it again."""
    try:
        await part
    finally:
        stop.set()


def main(arguments: list[str]) -> int:
    """Return the exit code: 2 for wrong words or settings (one sentence on stderr), 0 after a clean stop."""
    name, *modes = [*arguments, "both"] if len(arguments) == 1 else arguments or [""]
    if name not in SERVICES or not modes or not set(modes) <= set(MODES):
        print(f"Say one of {', '.join(SERVICES)} and some of {', '.join(MODES)}.", file=sys.stderr)  # noqa: T201
        return 2
    configure_logs(name)
    zoneinfo.reset_tzpath(to=())  # the pinned tzdata for all, not whatever this machine carries
    module: Any = importlib.import_module(f"services.{name}.main")
    call_itself(name)
    try:
        settings = module.load_settings()
    except SettingsRefusedError as refused:
        print(str(refused), file=sys.stderr)  # noqa: T201
        return REFUSED
    if len(modes) == 1:
        return _run_one(module, settings, name, modes[0])
    if all(hasattr(module, part) for part in _SPLIT):
        modes = _split(modes)
    return run_forked([partial(_run_one, module, settings, name, mode) for mode in modes])


def _split(modes: list[str]) -> list[str]:
    """Workers deliver only, and one more process follows."""
    follows = ["follow"] if "work" in modes else []
    return follows + ["deliver" if mode == "work" else mode for mode in modes]


def _run_one(module: ServiceModule, settings: ServiceSettings, name: str, mode: str) -> int:
    call_itself(f"{name}-{'work' if mode == 'deliver' else mode}")
    if mode == "deliver":
        os.nice(_GIVING_WAY)
    try:
        uvloop.run(run(module, settings, mode))
    except UnsafeRoleError as refused:
        print(str(refused), file=sys.stderr)  # noqa: T201
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
