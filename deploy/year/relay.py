"""A relay that takes everything over and keeps nothing: a year's mail would fill the inbox of the demonstration."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Taker:
    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd finds it by this name
        return "250 2.0.0 taken"


@contextmanager
def open_relay() -> Iterator[int]:
    """Listen on a free port of this machine while the block runs; yield it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    controller = Controller(_Taker(), hostname="127.0.0.1", port=port, decode_data=False)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
