"""Choose ports that nobody uses, because two installations on one machine must not meet."""

import errno
import socket
from collections.abc import Iterable, Mapping

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


def choose_ports(
    names: Iterable[str], *, demanded: Mapping[str, int], last: Mapping[str, int], usual: bool = True
) -> dict[str, int]:
    """A free loopback port for each name: the demanded one, else the last run's (links in mails stay good), else the usual one.

    `usual=False` takes any free port where none was demanded. Raises `CannotRunError` when a demanded port is taken.
    """
    chosen: dict[str, int] = {}
    for name in names:
        if name in demanded:
            if demanded[name] in chosen.values() or not is_free(demanded[name]):
                raise CannotRunError(
                    f"Port {demanded[name]} for {name} is taken: stop what uses it, or choose another with --port {name}=N."
                )
            chosen[name] = demanded[name]
            continue
        wishes = [last.get(name, 0), USUAL_PORTS.get(name, 0)] if usual else []
        taken = {*chosen.values(), *demanded.values()}
        good = (port for port in wishes if port and port not in taken and is_free(port))
        chosen[name] = next(good, 0) or _any_free(taken)
    return chosen


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


def _any_free(taken: set[int]) -> int:
    """From below the ephemeral range, so that an outgoing connection does not take it before the service starts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        start: int = 10_000 + probe.getsockname()[1] % 20_000
    return next(port for port in range(start, start + 2_000) if port not in taken and is_free(port))
