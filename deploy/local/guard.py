"""Watch over the embedded PostgreSQL, because it too is started again when it dies."""

import threading
from collections.abc import Callable

from deploy.local.cannot_run import CannotRunError
from deploy.local.postgres import EmbeddedPostgres

LOOK_EVERY_S = 0.25
LONGEST_DELAY_S = 30.0


class PostgresGuard:
    """Starts `server` again, on the port it had, when it ends without `stop` having been called on this guard."""

    def __init__(self, server: EmbeddedPostgres, tell: Callable[[str], None]) -> None:
        self._server = server
        self._tell = tell
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="guard-postgres", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, then stop the server."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(60.0)
        self._server.stop()

    def _watch(self) -> None:
        delay = LOOK_EVERY_S
        while not self._over.wait(delay):
            if self._server.is_running():
                delay = LOOK_EVERY_S
                continue
            self._tell("PostgreSQL ended; starting it again")
            port = self._server.port
            try:
                self._server.start()
            except CannotRunError as error:
                delay = min(max(1.0, 2 * delay), LONGEST_DELAY_S)
                self._tell(f"{error} Trying again in {delay:g} s.")
                continue
            if self._server.port != port:
                self._tell("PostgreSQL had to move to another port: stop Dueback and start it again")
