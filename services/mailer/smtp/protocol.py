"""The protocol that takes a transport over from aiosmtplib: it counts what is owed, so that no reply is ever paired with the wrong command.

It decides nothing. A reply nobody asked for, garbage and the end of the connection are faults; the session reads them together with its phase.
"""

import asyncio
from enum import StrEnum

from services.mailer.domain.outcomes import Reply
from services.mailer.smtp.replies import GarbledReplyError, ReplyReader


class Fault(StrEnum):
    """Why nothing more can be learnt from this connection."""

    GONE = "connection_lost"
    GARBLED = "garbled_reply"
    UNOWED = "unowed_reply"


class SmtpProtocol(asyncio.Protocol):
    """Collects the replies of one group of commands at a time."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.replies: list[Reply] = []
        self._owed = 0
        self._reader = ReplyReader()
        self._waiter: asyncio.Future[None] | None = None

    def expect(self, replies: int) -> None:
        """Open a group: called before its commands are written, when nothing else is owed."""
        self.replies = []
        self._owed = replies

    async def collect(self, limit: float) -> list[Reply]:
        """Wait until the group is whole, a 421 or a fault has ended it, or `limit` seconds have passed; return what is there.

        May be called again for the rest of the same group.
        """
        if not self.is_over:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            alarm = loop.call_later(limit, self._wake)
            try:
                await self._waiter
            finally:
                alarm.cancel()
                self._waiter = None
        return self.replies

    @property
    def is_whole(self) -> bool:
        """Every reply of the group has arrived."""
        return self._owed == 0

    @property
    def is_over(self) -> bool:
        """Nothing more is to be waited for: the group is whole, or a 421 or a fault ended it."""
        return self._owed == 0 or self.fault is not None or bool(self.replies and self.replies[-1].is_closing)

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, fault: Fault) -> None:
        self.fault = self.fault or fault
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Read replies; the first fault ends the reading for good."""
        if self.fault:
            return
        try:
            replies = self._reader.feed(data)
        except GarbledReplyError:
            self._fail(Fault.GARBLED)
            return
        self.replies += replies
        self._owed -= len(replies)
        if self._owed < 0:
            self._fail(Fault.UNOWED)
        elif self.is_over:
            self._wake()

    def eof_received(self) -> bool:
        """The server will say nothing more; False lets the transport close."""
        self._fail(Fault.GONE)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed by either side or by TCP_USER_TIMEOUT; `exc` is no evidence and is not looked at."""
        self._fail(Fault.GONE)
