"""Writing so that we know when bytes have left this machine: straight to the socket, with the kernel's send queue as witness.

On a plain connection write(2) is called directly while the loop's own buffer is empty: uvloop queues a write until the end of its turn, and
between our clock check and the dot on the wire there must be nothing (architecture 4, step 4). It also saves a copy and a turn per message.
"""

import asyncio
import contextlib
import os
import socket
import struct
import termios
from fcntl import ioctl
from time import monotonic

from services.mailer.smtp.connect import Line

_TCP_USER_TIMEOUT = 18  # linux/tcp.h; the socket module has the name on Linux only
_ZERO = struct.pack("i", 0)
_SHORTEST_NAP, _LONGEST_NAP = 0.0002, 0.01


class SendQueue:
    """The way out of one line."""

    def __init__(self, line: Line) -> None:
        self._line, self._raw, self._is_encrypted = line, line.raw, line.is_encrypted
        self._socket: socket.socket = line.raw.get_extra_info("socket")
        self._fd = self._socket.fileno()

    def _is_closing(self) -> bool:
        """A closing transport's descriptor may already belong to another connection: never touch it then."""
        return self._raw.is_closing() or (self._is_encrypted and self._line.transport.is_closing())

    def _buffered(self) -> int:
        buffered = self._raw.get_write_buffer_size()
        return buffered + self._line.transport.get_write_buffer_size() if self._is_encrypted else buffered

    def write(self, data: bytes) -> bool:
        """Write `data`; False if it is certain that not one byte of it left (or will leave)."""
        if self._is_closing():
            return False
        if self._is_encrypted or self._buffered():
            self._line.transport.write(data)
            return True
        try:
            written = os.write(self._fd, data)
        except BlockingIOError:
            written = 0
        except OSError:
            return False
        if written < len(data):
            self._line.transport.write(data[written:])
        return True

    def has_left(self) -> bool:
        """Nothing is in our buffers nor unacknowledged in the kernel's (TIOCOUTQ)."""
        return not self._is_closing() and not self._buffered() and ioctl(self._fd, termios.TIOCOUTQ, _ZERO) == _ZERO

    async def wait_until_left(self, limit: float) -> bool:
        """Wait until everything written has left; False after `limit` seconds or when the line has failed."""
        await asyncio.sleep(0)  # one turn of the loop is usually enough, and cheaper than a timer
        until, nap = monotonic() + limit, _SHORTEST_NAP
        while not self.has_left():
            if self._line.protocol.fault or self._is_closing() or monotonic() > until:
                return False
            await asyncio.sleep(nap)
            nap = min(nap * 1.5, _LONGEST_NAP)
        return self._line.protocol.fault is None

    def limit_acknowledgement(self, seconds: float) -> None:
        """Set TCP_USER_TIMEOUT for the rest of the session: bytes unacknowledged for longer end the connection.

        It is meant for the dot (architecture 4, step 4). It may hold for the rest as well: before the dot a lost connection is safe to retry, and
        while a reply is waited for nothing is on its way.
        """
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.IPPROTO_TCP, _TCP_USER_TIMEOUT, int(seconds * 1000))
