"""Choose ports that nobody uses, because two installations on one machine must not meet."""

import errno
import secrets
import socket
import sys
from collections.abc import Collection, Mapping

from deploy.local.cannot_run import CannotRunError

USUAL_PORTS = {
    "portal": 8400,
    "ingest": 8401,
    "scheduler": 8402,
    "mailer": 8403,
    "optout": 8404,
    "inbox": 8425,
    "smtp": 8426,
}
IN_MAILS = ("optout", "scheduler")


class PortsTaken:
    """Ports chosen for this installation, by name; nobody else's `choose_ports` takes them until `release`.

    A service binds its port seconds after it was chosen, and two first starts at once must not choose the same. So each
    port is also claimed by an abstract Unix socket, which leaves nothing on disk and ends with the process.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, int] = {}
        self._claims: list[socket.socket] = []

    def take(self, name: str, port: int) -> bool:
        """Whether the port was free and is now ours."""
        if port in self.by_name.values() or not is_free(port):
            return False
        if sys.platform == "linux":
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0dueback-port-{port}")
            except OSError:
                claim.close()
                return False
            self._claims.append(claim)
        self.by_name[name] = port
        return True

    def release(self) -> None:
        """Let others choose them."""
        while self._claims:
            self._claims.pop().close()


def choose_ports(
    names: Collection[str], *, demanded: Mapping[str, int], last: Mapping[str, int], usual: bool = True
) -> PortsTaken:
    """A free loopback port for each name: the demanded one, else the usual or the last run's.

    Links to optout's and the scheduler's pages are in mails that were sent, so those two stay where they were.

    `usual=False` takes any free port where none was demanded. Raises `CannotRunError` when a demanded port is taken.
    """
    chosen = PortsTaken()
    try:
        for name, port in demanded.items():
            if name in names and not chosen.take(name, port):
                raise CannotRunError(
                    f"Port {port} for {name} is taken: stop what uses it, or choose another with --port {name}=N."
                )
        for name in names:
            wishes = _wishes(name, last, usual=usual)
            if name not in demanded and not any(chosen.take(name, port) for port in wishes if port):
                _take_any(chosen, name)
    except CannotRunError:
        chosen.release()
        raise
    return chosen


def _wishes(name: str, last: Mapping[str, int], *, usual: bool) -> list[int]:
    if not usual:
        return []
    both = [USUAL_PORTS.get(name, 0), last.get(name, 0)]
    return both[::-1] if name in IN_MAILS else both


def is_free(port: int) -> bool:
    """Whether a server could listen there now. Raises `CannotRunError` for a number that can be no port or needs root."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OverflowError:
            raise CannotRunError(f"{port} is no port: ports go from 1 to 65535.") from None
        except OSError as error:
            if error.errno == errno.EACCES:
                raise CannotRunError(f"Port {port} needs root: choose one above 1023.") from None
            return False
        return True


def _take_any(chosen: PortsTaken, name: str) -> None:
    """From below the ephemeral range, so that an outgoing connection does not take it before the service starts."""
    start = 10_000 + secrets.randbelow(20_000)
    if not any(chosen.take(name, port) for port in range(start, start + 2_000)):
        raise CannotRunError("No free port was found: stop something that listens.")
