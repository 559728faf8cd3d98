"""Asks a vendor's server politely and believes nothing it says: bounded answers, back-off on 429 and 5xx, no redirects, one host (S61, S67).

Whatever goes wrong ends in one sentence that names the path asked for and neither its parameters nor an answer, for both can hold personal data.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from time import monotonic
from typing import Any, Final, Unpack
from urllib.parse import urlsplit

from services.ingest.domain.body import Body
from services.ingest.domain.connector import Answer, How, Sign, SourceFailedError
from services.ingest.sync.pacing import TRIES, back_off_seconds, read_http_date, retry_after_seconds
from shared.kit.errors import TooLargeError, UnreadableBodyError
from shared.kit.http import AsyncClient, HttpFailure, Response

MOST_OCTETS: Final = 32 * 1024**2
"""Of one answer, unpacked: a page of 1,000 patients has 2 MB."""
MOST_FILE_OCTETS: Final = 8 * 1024**3
MOST_LINE_OCTETS: Final = 1024**2
"""Of one resource in a bulk file: a patient with a photograph is larger and is left out."""
_UNREADABLE: Final = b"\x00"
_BUSY: Final = frozenset((408, 425, 429, 500, 502, 503, 504))
_LONGEST_ANSWER_SECONDS: Final = 300.0
_LIMIT_SECONDS: Final = 10.0
"""Vendors count requests a minute: after 429 without Retry-After each wait is longer by this."""
_LONGEST_FILE_SECONDS: Final = 3600.0
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

Pause = Callable[[float], Awaitable[None]]


class PoliteWeb:
    """One vendor's server (domain/connector.py Web)."""

    def __init__(
        self,
        http: AsyncClient,
        url: str,
        *,
        sign: Sign | None = None,
        other_hosts: tuple[str, ...] = (),
        wait: Pause = asyncio.sleep,
    ) -> None:
        self._http = http
        self._base = url.rstrip("/")
        self._origin = _origin(url)
        self._others = frozenset(host.lower() for host in other_hosts)
        self._sign = sign
        self._signed: Mapping[str, str] | None = None
        self._renewed = False
        self._answered_at: datetime | None = None
        self._wait = wait
        if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in _LOOPBACK:
            raise SourceFailedError("The source's address must begin with https://.")

    @property
    def answered_at(self) -> datetime | None:
        """When the server first answered, by its own clock (RFC 9110 6.6.1)."""
        return self._answered_at

    async def pause(self, seconds: float) -> None:
        """Wait, at most five minutes."""
        await self._wait(min(max(seconds, 0.0), 300.0))

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON at a path."""
        return (await self.ask("GET", path, params=params)).read_json()

    async def ask(self, method: str, path: str, **how: Unpack[How]) -> Answer:
        """Ask until there is an answer with one of the statuses of `accept`; raises SourceFailedError."""
        asked = {"params": how.get("params"), "json": how.get("json"), "data": how.get("form")}
        request = asked | {"headers": dict(how.get("headers", {}))}
        accept, signed = how.get("accept", (200,)), how.get("signed", True)

        async def read(answer: Response) -> Answer:
            body = b"".join([block async for block in _blocks(answer, MOST_OCTETS)])
            return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)

        return await self._until_answered(method, path, request, accept, signed, read)

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """Yield the lines of a long answer as it comes; one over 1 MB, or an end that was cut off, comes as what no reader takes for JSON."""
        url, signed = self._address(path)
        last, wait = "", 0.0
        for attempt in range(TRIES):
            try:
                async with self._open("GET", url, {"headers": {}}, signed) as answer:
                    if answer.status_code == 200:
                        self._renewed = self._renewed and not signed
                        async for line in _lines(answer):
                            yield line
                        return
                    last, wait = self._refused(answer, path, attempt)
            except (HttpFailure, OSError) as failure:
                last, wait = type(failure).__name__, back_off_seconds(attempt)
            await self._leave_alone(wait)
        raise _gave_up(path, last)

    async def _until_answered(
        self,
        method: str,
        path: str,
        request: dict[str, Any],
        accept: tuple[int, ...],
        signed: bool,
        read: Callable[[Response], Awaitable[Answer]],
    ) -> Answer:
        url, ours = self._address(path)
        last, wait = "", 0.0
        for attempt in range(TRIES):
            try:
                async with asyncio.timeout(_LONGEST_ANSWER_SECONDS):
                    async with self._open(method, url, request, signed and ours) as answer:
                        if answer.status_code in accept:
                            self._renewed = self._renewed and not signed
                            return await read(answer)
                        last, wait = self._refused(answer, path, attempt)
            except (HttpFailure, OSError) as failure:
                last, wait = type(failure).__name__, back_off_seconds(attempt)
            except (TooLargeError, UnreadableBodyError):
                raise SourceFailedError(f"The source's answer to {_shown(path)} is broken or over 32 MB.") from None
            await self._leave_alone(wait)
        raise _gave_up(path, last)

    @asynccontextmanager
    async def _open(self, method: str, url: str, request: dict[str, Any], signed: bool) -> AsyncIterator[Response]:
        headers = {"Accept-Encoding": "gzip", **request["headers"]}
        if signed and self._sign is not None:
            if self._signed is None:
                self._signed = await self._sign(self)
            headers |= self._signed
        async with self._http.stream(method, url, **(request | {"headers": headers}), follow_redirects=False) as answer:
            if self._answered_at is None:
                self._answered_at = read_http_date(answer.headers.get("date"))
            yield answer

    async def _leave_alone(self, seconds: float) -> None:
        """Wait with no connection held."""
        if seconds:
            await self.pause(seconds)

    def _refused(self, answer: Response, path: str, attempt: int) -> tuple[str, float]:
        """Return what was answered and how long to wait, if asking again can help; raise if not."""
        status, wait = answer.status_code, 0.0
        if status in _BUSY:
            asked_for = retry_after_seconds(answer.headers.get("retry-after"))
            unasked = back_off_seconds(attempt) + (_LIMIT_SECONDS if status == 429 else 0)
            wait = unasked if asked_for is None else asked_for
        elif status == 401 and self._signed is not None and not self._renewed:
            self._signed, self._renewed = None, True
        elif 300 <= status < 400:
            raise SourceFailedError(
                f"The source answered {_shown(path)} with a redirect ({status}), which is never followed."
            )
        elif status in (401, 403):
            raise SourceFailedError(f"The source refuses {_shown(path)} to these credentials ({status}).")
        else:
            raise SourceFailedError(f"The source answered {_shown(path)} with {status}.")
        return str(status), wait

    def _address(self, path: str) -> tuple[str, bool]:
        """Return the full address and whether it is the server's own. An address elsewhere is refused (S67)."""
        url = path if "://" in path else "/".join(filter(None, (self._base, path.lstrip("/"))))
        if _origin(url) == self._origin:
            return url, True
        split = urlsplit(url)
        if split.scheme == "https" and (split.hostname or "").lower() in self._others:
            return url, False
        raise SourceFailedError("The source points to an address on another server, which is never asked.")


def _origin(url: str) -> tuple[str, str, int]:
    try:
        split = urlsplit(url)
        return split.scheme, (split.hostname or "").lower(), split.port or (443 if split.scheme == "https" else 80)
    except ValueError:
        raise SourceFailedError("The source's address cannot be read.") from None


def _shown(path: str) -> str:
    """The path alone, with what could be a key taken out: parameters can hold names and addresses."""
    parts = urlsplit(path).path.split("/")
    return "/".join(
        part if part.replace("_", "").replace("$", "").isalpha() or part in ("v1", "v2") else "..."
        for part in parts
        if part
    )


def _gave_up(path: str, last: str) -> SourceFailedError:
    return SourceFailedError(
        f"The source did not answer {_shown(path)} after {TRIES} tries: {last}. The next run goes on from here."
    )


async def _blocks(answer: Response, most: int) -> AsyncIterator[bytes]:
    """Yield the unpacked body within limits; an unknown packing is broken."""
    packing = answer.headers.get("content-encoding", "identity").lower()
    if packing not in ("identity", "gzip"):
        raise UnreadableBodyError("unknown packing")
    body = Body(gzipped=packing == "gzip", most_octets=most)
    async for piece in answer.aiter_raw():
        for block in body.feed(piece):
            yield block
    body.finish()


async def _lines(answer: Response) -> AsyncIterator[bytes]:
    """Yield lines of at most 1 MB; one that is longer, and an end that was cut off, come as what no reader takes for JSON."""
    rest, skipping, began = b"", False, monotonic()
    try:
        async for block in _blocks(answer, MOST_FILE_OCTETS):
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                if not skipping:
                    yield line + b"\n" if len(line) <= MOST_LINE_OCTETS else _UNREADABLE + b"\n"
                skipping = False
            if len(rest) > MOST_LINE_OCTETS:
                if not skipping:
                    yield _UNREADABLE + b"\n"
                rest, skipping = b"", True
            if monotonic() - began > _LONGEST_FILE_SECONDS:
                raise UnreadableBodyError("drips")
    except (TooLargeError, UnreadableBodyError, HttpFailure, OSError):
        yield _UNREADABLE
        return
    if rest:
        yield rest
