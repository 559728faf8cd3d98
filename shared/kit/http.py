"""HTTP between services: the one module that imports the HTTP client (the maintained line of httpx), with deadlines and typed failures.

What to do on silence is the caller's decision and lives in its clients/ (fail closed, hold, queue); here a call either answers, is
refused or is silent.
"""

import importlib
import ssl
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx2 as httpx
from pydantic import BaseModel

from shared.schemas.wire import Changes

if TYPE_CHECKING:  # brings the whole database layer, which an agent on a practice's computer does without
    from shared.kit.auth import Signer

Answer = TypeVar("Answer", bound=BaseModel)
Transport = httpx.AsyncBaseTransport
AsyncClient = httpx.AsyncClient
Limits = httpx.Limits
ASGITransport = httpx.ASGITransport
Timeout = httpx.Timeout
HttpFailure = httpx.HTTPError
Response = httpx.Response

_NO_TRUST: Final = httpx.create_ssl_context(verify=False)
"""For neighbours reached without TLS, where there is nothing to verify (redirects are not followed). Made here, before a service forks its processes:
the client loads half of itself only now, 6 MB that would else be in each of them."""
importlib.import_module("anyio._backends._asyncio")  # loaded at the first call: likewise, 0.7 MB


class SilentError(Exception):
    """The service did not answer in time, could not be reached, or is at its limit (5xx, 429): nothing is known of the effect."""


class RefusedError(Exception):
    """The service answered no. `status` and `code` are its problem details."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


class ServiceClient:
    """Calls one service with this service's assertions. Tests pass the provider's real app as `transport`."""

    def __init__(
        self, *, service: str, base_url: str, signer: "Signer", seconds: float = 5.0, transport: Transport | None = None
    ) -> None:
        self._service = service
        self._signer = signer
        self._http = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(seconds, connect=2.0),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=8, keepalive_expiry=4.0),
            trust_env=False,
            verify=_NO_TRUST if base_url.startswith("http:") else _trust(),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: dict[str, Any] | None = None,
        seconds: float | None = None,
    ) -> Any:
        """Send JSON and return the decoded answer (None without a body); raise RefusedError or SilentError."""
        answer = await self._request(method, path, body=body, params=params, seconds=seconds)
        return answer.json() if answer.content else None

    async def _request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: dict[str, Any] | None = None,
        seconds: float | None = None,
    ) -> httpx.Response:
        """Send and return a 2xx answer.

        `body` is a wire model or plain JSON. A keep-alive connection that the peer just closed is tried once more for calls that are safe to repeat.
        """
        headers = {"Authorization": f"Bearer {self._signer.assertion_for(self._service)}"}
        content = body.model_dump_json() if isinstance(body, BaseModel) else None
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = await self._http.request(
                method,
                path,
                content=content,
                json=None if content is not None else body,
                params=params,
                headers=headers,
                timeout=httpx.USE_CLIENT_DEFAULT if seconds is None else httpx.Timeout(seconds, connect=2.0),
            )
        except (TimeoutError, httpx.HTTPError, OSError) as error:
            raise SilentError(f"{self._service}: {type(error).__name__}") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise SilentError(f"{self._service}: {answer.status_code}")
        if answer.status_code >= 300:
            raise RefusedError(answer.status_code, _code(answer))
        return answer

    async def ask(self, method: str, path: str, answer: type[Answer], **call: Any) -> Answer:
        """As `send`, with the answer read into its wire model."""
        return answer.model_validate_json((await self._request(method, path, **call)).content)

    async def changes(self, *, epoch: Any, after: str, limit: int, wait_seconds: float, reader: str) -> Changes:
        """Read one page of the service's change feed (kit.feed.FeedSource)."""
        from shared.kit.feed import FeedRestartedError

        params = {"after": after, "limit": limit, "wait": wait_seconds, "reader": reader}
        params |= {"epoch": str(epoch)} if epoch else {}
        try:
            return await self.ask("GET", "/v1/changes", Changes, params=params, seconds=wait_seconds + 5)
        except RefusedError as refused:
            if refused.code == "feed_restarted":
                raise FeedRestartedError from None
            raise


@cache
def _trust() -> ssl.SSLContext:
    """Return what a neighbour reached by TLS is verified with: once a process, as each costs 1 to 2 MB and 15 ms for its certificates."""
    return httpx.create_ssl_context(trust_env=False)


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return "unknown"
