"""The services as an outside client sees them: an address, a token and JSON, because the demo uses no back door."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from deploy.demo.moment import DemoClock
from shared.kit.http import AsyncClient, HttpFailure, Response, Timeout
from shared.schemas.portal import Token

TOKEN_AGE = timedelta(minutes=10)  # of the 15 that a token lives
PATIENCE_S = 20.0
TRY_AGAIN_S = 0.05
NOT_YET = frozenset(
    ("not_authenticated", "agreement_required", "location_unknown", "location_not_live", "not_found", "busy")
)
"""Refusals of a service that portal's facts have not reached yet, or that is busy."""


class UnexpectedAnswerError(Exception):
    """A service answered what the demonstration cannot go on with; the text names call, status and code."""

    def __init__(self, method: str, url: str, status: int, code: str, title: str = "") -> None:
        super().__init__(f"{method} {url} was answered {status} {code} {title}".strip())
        self.status = status
        self.code = code


def open_http() -> AsyncClient:
    """The demo's HTTP client; no proxy of the surroundings is used."""
    return AsyncClient(timeout=Timeout(60.0, connect=5.0), trust_env=False)


@dataclass
class Credential:
    """An API client's id and secret, exchanged for a token whenever business time has outlived the last one."""

    http: AsyncClient
    portal_url: str
    client_id: str
    secret: str
    clock: DemoClock
    _token: str = ""
    _made_at: datetime | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def token(self) -> str:
        """A token that is valid now."""
        async with self._lock:
            now = self.clock.now()
            if self._made_at is None or not timedelta() <= now - self._made_at < TOKEN_AGE:
                form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.secret}
                answer = await self.http.post(f"{self.portal_url}/v1/token", data=form)
                self._token = Token.model_validate(_read(answer)).access_token
                self._made_at = now
            return self._token

    def forget(self) -> None:
        """Ask for a new token next time; for one whose key a service did not know yet."""
        self._made_at = None


@dataclass(frozen=True)
class Door:
    """One service's API with one credential."""

    http: AsyncClient
    base_url: str
    credential: Credential

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        wait_for_facts: bool = False,
    ) -> Any:
        """The decoded answer; raises UnexpectedAnswerError. `wait_for_facts`: try again while portal's push is on its way."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                sent = {"Authorization": f"Bearer {await self.credential.token()}", **(headers or {})}
                answer = await self.http.request(
                    method, self.base_url + path, json=body, content=content, headers=sent, params=params
                )
                return _read(answer)
            except UnexpectedAnswerError as refused:
                if not wait_for_facts or refused.code not in NOT_YET or time.monotonic() > until:
                    raise
                await asyncio.sleep(TRY_AGAIN_S)
            except HttpFailure as failure:
                raise UnexpectedAnswerError(method, self.base_url + path, 0, type(failure).__name__) from failure

    async def pages(self, path: str, **params: Any) -> list[Any]:
        """All items of a paged list."""
        items: list[Any] = []
        after: str | None = None
        while True:
            page = await self.call("GET", path, params={**params, "limit": 200, **({"after": after} if after else {})})
            items += page["items"]
            after = page["next"]
            if after is None:
                return items


def _read(answer: Response) -> Any:
    if answer.status_code < 300:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    request = answer.request
    raise UnexpectedAnswerError(
        request.method,
        str(request.url),
        answer.status_code,
        str(problem.get("code", "")),
        str(problem.get("title", "")),
    )


async def gather_slowly(calls: Collection[Any], at_once: int = 8) -> list[Any]:
    """The results of coroutines in order, at most `at_once` running: a demo is no load test."""
    gate = asyncio.Semaphore(at_once)

    async def one(call: Any) -> Any:
        async with gate:
            return await call

    return list(await asyncio.gather(*(one(call) for call in calls)))
