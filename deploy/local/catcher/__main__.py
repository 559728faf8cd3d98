"""Run the catcher: `python -m deploy.local.catcher --smtp-port N --http-port N --folder F`."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from deploy.local.catcher.smtp import listen
from deploy.local.catcher.store import Store
from deploy.local.catcher.web import create_app
from shared.kit.bell import pause


async def run(folder: Path, smtp_port: int, http_port: int) -> None:
    """Catch mail and serve the inbox until SIGTERM or SIGINT."""
    store = Store(folder)
    smtp = await listen(store, smtp_port)
    web = QuietServer(
        uvicorn.Config(
            create_app(store), host="127.0.0.1", port=http_port, log_level="error", access_log=False, lifespan="off"
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, web.end)
    try:
        await web.serve()
    finally:
        smtp.close()
        store.close()


class QuietServer(uvicorn.Server):
    """uvicorn without its own signal handlers: they would raise the signal again after a clean stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours are installed already."""
        yield

    async def main_loop(self) -> None:
        """Look up once a second, not ten times: an idle catcher costs nothing."""
        while not (self._ended.is_set() or await self.on_tick(0)):
            await pause(self._ended, 1.0)

    def end(self) -> None:
        """Stop serving."""
        self.should_exit = True
        self._ended.set()


def main() -> int:
    """Exit code 2 with one sentence when a port or the folder cannot be had."""
    parser = argparse.ArgumentParser(prog="deploy.local.catcher", description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True, help="port of the SMTP server on 127.0.0.1")
    parser.add_argument("--http-port", type=int, required=True, help="port of the web inbox on 127.0.0.1")
    parser.add_argument("--folder", type=Path, required=True, help="where the mails are kept")
    asked = parser.parse_args()
    try:
        asyncio.run(run(asked.folder, asked.smtp_port, asked.http_port))
    except OSError as error:
        print(f"The mail catcher cannot start: {error.strerror or error}.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
