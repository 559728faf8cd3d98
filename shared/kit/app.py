"""Builds a service's FastAPI application: limits, problem details, health, pushed facts, and the rule that every route declares its caller."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Protocol

import asyncpg
from asyncpg import PostgresError
from fastapi import APIRouter, Body, FastAPI, Path, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from shared.kit import metrics
from shared.kit.auth import Anyone, Caller, Verifier, only_service
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.directory import keep_entry
from shared.kit.epoch import is_on_hold, set_hold
from shared.kit.errors import BusyError, Problem, UnreadableBodyError
from shared.kit.gate import Gate, problem_body
from shared.kit.logs import log
from shared.kit.requests import Transaction
from shared.schemas.wire import DirectoryAnswer, DirectoryEntry, Wire

MOST_BODY_OCTETS: Final = 1024 * 1024
"""Default body limit: a body is read before its caller is known. A route that takes more in bulk says so itself."""


class BaseDeps(Protocol):
    """What every service's Deps offers to plumbing; it rides on `app.state.deps`."""

    @property
    def api_db(self) -> Database:
        """The `_api` role's way into the service's database."""
        ...

    @property
    def verifier(self) -> Verifier:
        """Tells who is calling."""
        ...

    @property
    def clock(self) -> Clock:
        """Business time."""
        ...


class UndeclaredRouteError(Exception):
    """A route does not say who may call it."""


class _ServiceApp(FastAPI):
    gate: tuple[str, int]

    def build_middleware_stack(self) -> ASGIApp:
        service, most = self.gate
        return Gate(super().build_middleware_stack(), service=service, most_requests=most)


Signals = Callable[[], Awaitable[list[str]]]


async def _no_signals() -> list[str]:
    return []


def create_app(
    *,
    service: str,
    deps: BaseDeps,
    routers: Sequence[APIRouter],
    facts: Mapping[str, type[BaseModel]] | None = None,
    most_requests: int = 200,
    signals: Signals = _no_signals,
) -> FastAPI:
    """Return the application of a service. `facts` are the directory kinds that portal may push here; `signals` stand in the health answer."""
    app = _ServiceApp(
        title=f"Dueback {service}",
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=MOST_BODY_OCTETS,
        # It would export the addresses of requests to wherever the environment says, and ours carry tokens.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        responses={"4XX": {"model": ProblemDetails, "description": "problem details (RFC 9457)"}},
    )
    app.gate = (service, most_requests)
    app.state.deps = deps
    for router in (_health_router(signals), metrics.router, *([_facts_router(facts)] if facts else []), *routers):
        app.include_router(router)
    _refuse_undeclared_routes(app)
    app.add_exception_handler(Problem, _render_problem)
    app.add_exception_handler(RequestValidationError, _render_invalid)
    app.add_exception_handler(HTTPException, _render_http)
    app.add_exception_handler(Exception, _render_unexpected)
    for failure in (DBAPIError, PoolTimeoutError, PostgresError, *_CUT_OFF, OSError):
        app.add_exception_handler(failure, _render_database)
    return app


class FieldError(Wire):
    """One malformed field: where and which rule, never the value."""

    field: str
    code: str


class ProblemDetails(Wire):
    """RFC 9457; `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    request_id: str
    detail: str | None = None
    errors: list[FieldError] | None = None


class InvalidRequestError(Problem):
    """Malformed input."""

    status, code, title = 422, "invalid_request", "The request is malformed; `errors` names the fields."


class _PlainProblem(Problem):
    """A framework refusal (404, 405) in our shape."""

    def __init__(self, status: int, code: str, title: str, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.status, self.code, self.title, self.headers = status, code, title, headers  # type: ignore[misc]


def _answer(request: Request, problem: Problem) -> Response:
    body = problem_body(problem, request.state.request_id)
    return Response(
        body, status_code=problem.status, media_type="application/problem+json", headers=dict(problem.headers)
    )


async def _render_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _answer(request, error)


async def _render_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    rows = error.errors()
    if any(row["type"] in ("json_invalid", "unicode_error") for row in rows):
        return _answer(request, UnreadableBodyError())
    fields = [
        {"field": ".".join(str(part) for part in row["loc"] if part != "body")[:200], "code": row["type"]}
        for row in rows[:50]
    ]
    return _answer(request, InvalidRequestError(errors=fields))


async def _render_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {
        404: "not_found",
        405: "method_not_allowed",
        400: "body_unreadable",
        413: "too_large",
        415: "media_type_unknown",
    }
    titles = {
        404: "There is no such thing.",
        405: "This thing does not take that method.",
        400: "The body cannot be read in its declared form.",
        413: "The request is larger than the limit.",
    }
    code = codes.get(error.status_code, "bad_request")
    title = titles.get(error.status_code, "The request cannot be carried out.")
    return _answer(request, _PlainProblem(error.status_code, code, title, error.headers or {}))


_CUT_OFF: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver says of a connection that the server ended while nobody looked."""
_UNSTORABLE: Final = ("22000", "22001", "22003", "22008", "22021", "22P05")
"""SQLSTATEs of values: out of range for its type, too long, a NUL (22021 in text, 22P05 in jsonb)."""


def _cause(error: Exception) -> BaseException | None:
    """Return what the driver raised inside SQLAlchemy's error."""
    return getattr(getattr(error, "orig", None), "__cause__", None)


async def _render_database(request: Request, error: Exception) -> Response:
    """A lost or full database is ours, not the caller's: 503 with Retry-After. A value that no column can hold is the caller's: 422.

    Anything else that SQL refuses is a defect.
    """
    lost = isinstance(error, (OperationalError, InterfaceError, PoolTimeoutError, *_CUT_OFF, OSError))
    lost = lost or getattr(error, "connection_invalidated", False) or isinstance(_cause(error), _CUT_OFF)
    state = str(getattr(getattr(error, "orig", error), "sqlstate", "") or "")
    if state in _UNSTORABLE:
        return _answer(request, InvalidRequestError(errors=[{"field": "", "code": "value_unstorable"}]))
    # 08 connection, 53 resources (disk full 53100), 55P03 lock timeout, 57 operator intervention, 40 serialization and deadlock.
    if lost or state[:2] in ("08", "53", "57", "40") or state == "55P03":
        log("kit.app").warning("database_unavailable", state=state, exc_info=error)
        return _answer(request, BusyError())
    return await _render_unexpected(request, error)


async def _render_unexpected(request: Request, error: Exception) -> Response:
    log("kit.app").error("request_failed", exc_info=error)
    return _answer(request, _PlainProblem(500, "internal_error", "Something went wrong on our side.", {}))


def _routes(routes: Sequence[Any]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from _routes(included.routes)


def declared_routes(app: FastAPI) -> list[tuple[APIRoute, str]]:
    """Return every route with its declaration ("" where there is none): what tests walk (S1)."""
    return [(route, _declaration(route.dependant)) for route in _routes(app.routes)]


def _declaration(dependant: Dependant) -> str:
    for dependency in dependant.dependencies:
        declares = getattr(dependency.call, "declares", "") or _declaration(dependency)
        if declares:
            return str(declares)
    return ""


def _refuse_undeclared_routes(app: FastAPI) -> None:
    undeclared = [route.path for route, declaration in declared_routes(app) if not declaration]
    if undeclared:
        raise UndeclaredRouteError(", ".join(undeclared))


class Health(Wire):
    """`ready` means: can see and write its database. A peer's illness never makes a service unready. `on_hold` waits for a person (I20).

    `signals`: what an operator should look at, as slugs; the service that sends one says in its code what it means.
    """

    service: str
    ready: bool
    on_hold: bool = False
    signals: list[str] = Field(default_factory=list)


_ENTRY: Final = {
    "version": 7,
    "subscriber_id": None,
    "body": {"key_id": "k7", "public_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "not_after": None},
}


def _shown(example: object) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route with a worked example of its good answer."""
    return {200: {"content": {"application/json": {"example": example}}}}


def _health_router(signals: Signals) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/health/live", responses=_shown({"service": "portal", "ready": True, "on_hold": False}))
    async def show_live(request: Request, caller: Anyone) -> Health:
        """Answer that the process runs."""
        return Health(service=request.app.title.removeprefix("Dueback "), ready=True, signals=await signals())

    @router.get("/health/ready", responses=_shown({"service": "portal", "ready": True, "on_hold": False}))
    async def show_ready(request: Request, caller: Anyone, connection: Transaction) -> Health:
        """Answer that the database answers; 503 otherwise."""
        on_hold = await is_on_hold(connection)
        service = request.app.title.removeprefix("Dueback ")
        return Health(service=service, ready=True, on_hold=on_hold, signals=await signals())

    return router


class HoldInput(Wire):
    """Whether the service is on HOLD."""

    on_hold: bool


def _facts_router(kinds: Mapping[str, type[BaseModel]]) -> APIRouter:
    router = APIRouter(tags=["directory"])

    @router.put("/v1/directory/{kind}/{entry_id}", responses=_shown({"kept": True, "version": 7}))
    async def keep_pushed_fact(
        kind: Annotated[str, Path(pattern=r"^[a-z_]{1,40}$", examples=["verification_key"])],
        entry_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,80}$", examples=["k7"])],
        entry: Annotated[DirectoryEntry, Body(openapi_examples={"key": {"value": _ENTRY}})],
        connection: Transaction,
        caller: Annotated[Caller, only_service("portal")],
    ) -> DirectoryAnswer:
        """Keep a fact pushed by portal; an older version than the kept one changes nothing."""
        try:
            return await keep_entry(connection, kinds=kinds, kind=kind, entry_id=entry_id, entry=entry)
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_input=False)) from None

    @router.put("/v1/hold", responses=_shown({"on_hold": True}))
    async def change_hold(
        body: Annotated[HoldInput, Body(openapi_examples={"hold": {"value": {"on_hold": True}}})],
        connection: Transaction,
        caller: Annotated[Caller, only_service("portal")],
    ) -> HoldInput:
        """Enter HOLD, or leave it after a person has confirmed (I20)."""
        await set_hold(connection, hold=body.on_hold)
        return body

    return router
