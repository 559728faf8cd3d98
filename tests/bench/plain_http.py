"""HTTP/1.1 over one kept connection, as bare as it can be: a client library costs more than the service that is measured beside it."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by lower-case name, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)


@dataclass(eq=False, slots=True)
class PlainHttp:
    """One connection, opened anew after an answer that closes it; one request at a time; answers have a length."""

    url: SplitResult
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask with a JSON body, if any. Raises EOFError or OSError when the server closes instead of answering."""
        content = b"" if body is None else json.dumps(body).encode()
        typed = {} if body is None else {"Content-Type": "application/json"}
        lines = [f"{name}: {value}" for name, value in {"Host": self.url.netloc, **typed, **(headers or {})}.items()]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, f"Content-Length: {len(content)}", "", ""])
        return await self.exchange(head.encode() + content)

    async def exchange(self, request: bytes) -> Answer:
        """Send a request as it is and return its answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.url.hostname, self.url.port)
        reader, writer = self._streams
        writer.write(request)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(first.split(" ", 2)[1]), headers, body)

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@contextmanager
def open_plain_http(url: str) -> Iterator[PlainHttp]:
    """Return a client of a service for the block."""
    http = PlainHttp(urlsplit(url))
    try:
        yield http
    finally:
        http.close()
