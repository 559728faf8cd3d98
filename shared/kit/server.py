"""Serves an application with uvicorn, with limits that uvicorn itself lacks: time and size of a request's head (S72)."""

import asyncio
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.kit.bell import pause

HEAD_SECONDS: Final = 10.0
HEAD_OCTETS: Final = 32 * 1024
_TICK_SECONDS: Final = 1.0


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request head takes too long or grows too large."""

    _timer: asyncio.TimerHandle | None = None
    _head_octets = 0
    _in_head = True

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEAD_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_octets += len(data)
        super().data_received(data)
        if self._in_head and self._head_octets > HEAD_OCTETS:
            self.transport.close()

    def on_message_begin(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head_octets = False, 0
        self._cancel_timer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        super().connection_lost(exc)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def serve(app: FastAPI, *, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then finish open requests (at most 8 s)."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=8,
        backlog=1024,
    )
    server = _Server(config, stop)
    task = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await task


class _Server(uvicorn.Server):
    """Signals belong to the process (kit.run), not to the server, and an idle server looks up once a second, not ten times."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def main_loop(self) -> None:
        """Renew the Date header every second until told to stop."""
        while not (self._stop.is_set() or await self.on_tick(0)):
            await pause(self._stop, _TICK_SECONDS)

    def capture_signals(self) -> Any:
        import contextlib

        return contextlib.nullcontext()
