"""The outermost layer of every service: request id, concurrency limit, slow-body limit, security headers, access log, one shape of refusal.

It refuses before anything is parsed (reliability 5.4): too many requests at once 503, a body that stalls 408, one over its limit 413.
"""

import asyncio
import json
import re
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kit.errors import BusyError, Problem, TooLargeError, TooSlowError
from shared.kit.ids import new_id
from shared.kit.logs import log
from shared.kit.metrics import REQUESTS, SECONDS

BODY_STALL_SECONDS: Final = 10.0
BODY_GRACE_SECONDS: Final = 30.0
LEAST_OCTETS_PER_SECOND: Final = 1024
"""After the grace a body must come at this rate at least: one octet every nine seconds would hold a slot for days."""
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SECURITY_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


def problem_body(problem: Problem, request_id: str) -> bytes:
    """Return problem details (RFC 9457) as JSON; `type` is a tag URI of the stable code."""
    body: dict[str, Any] = {
        "type": f"tag:dueback,2026:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.detail:
        body["detail"] = problem.detail
    return json.dumps(body | problem.members, default=str).encode()


class Gate:
    """Wraps a whole application. `paths_logged` shows route templates, never raw paths: tokens live in paths (S-090)."""

    def __init__(self, app: ASGIApp, *, service: str, most_requests: int) -> None:
        self._app = app
        self._service = service
        self._most = most_requests
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, self._service)
        if self._running >= self._most and not scope["path"].startswith("/health/"):
            await answer.refuse(BusyError())
            return
        self._running += 1
        try:
            await self._pass(scope, receive, answer)
        finally:
            self._running -= 1
            answer.account()

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        with structlog.contextvars.bound_contextvars(request_id=answer.request_id):
            try:
                await self._app(scope, _paced(receive), answer.send)
            except TooSlowError as slow:
                await answer.refuse(slow)


def _paced(receive: Receive) -> Receive:
    """Refuse a body whose next piece takes longer than the limit (S72); after the body, waiting for a disconnect is free."""
    complete, octets, waited = False, 0, 0.0  # only waiting for the caller counts, not our own work between pieces

    async def next_piece() -> Message:
        nonlocal complete, octets, waited
        if complete:
            return await receive()
        began = monotonic()
        try:
            async with asyncio.timeout(BODY_STALL_SECONDS):
                message = await receive()
        except TimeoutError:
            raise TooSlowError from None
        complete = not message.get("more_body", False)
        octets += len(message.get("body", b""))
        waited += monotonic() - began
        if not complete and waited > BODY_GRACE_SECONDS and octets < LEAST_OCTETS_PER_SECOND * waited:
            raise TooSlowError
        return message

    return next_piece


class _Answer:
    """Sends the answer with our headers, and turns the framework's plain 413 into problem details."""

    def __init__(self, scope: Scope, send: Send, service: str) -> None:
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        self.request_id = given if _REQUEST_ID.fullmatch(given) else str(new_id())
        scope["state"] = {**scope.get("state", {}), "request_id": self.request_id}
        self._scope, self._send, self._service = scope, send, service
        self._status = 0
        self._replaced = False
        self._started = monotonic()

    async def send(self, message: Message) -> None:
        """Pass a piece of the answer on."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = list(message.get("headers", []))
            names = {name.lower() for name, _ in headers}
            if self._status == 413 and (b"content-type", b"text/plain; charset=utf-8") in headers:
                self._replaced = True
                await self.refuse(TooLargeError())
                return
            headers += [pair for pair in _SECURITY_HEADERS if pair[0] not in names]
            message["headers"] = [*headers, (b"x-request-id", self.request_id.encode())]
        if not self._replaced:
            await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer with problem details and close: the rest of the body is not read."""
        self._status = problem.status
        body = problem_body(problem, self.request_id)
        headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        headers += [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
        headers += [(b"connection", b"close"), (b"x-request-id", self.request_id.encode()), *_SECURITY_HEADERS]
        await self._send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def account(self) -> None:
        """Count and log what was answered."""
        took = monotonic() - self._started
        status = self._status or HTTPStatus.INTERNAL_SERVER_ERROR
        REQUESTS.labels(self._service, self._scope["method"], str(int(status))).inc()
        SECONDS.labels(self._service).observe(took)
        route = self._scope.get("route")
        path = getattr(route, "path", "")
        log("kit.access").debug(
            "request_answered", method=self._scope["method"], route=path, status=int(status), seconds=round(took, 4)
        )
