"""Routes and paces, for the operator: which relays mail takes, and how fast it goes where."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response

from services.mailer.actions.change_pace import change_pace
from services.mailer.actions.change_route import change_route
from services.mailer.actions.list_paces import list_paces
from services.mailer.actions.remove_route import remove_route
from services.mailer.actions.show_pace import show_pace
from services.mailer.actions.show_route import show_route
from services.mailer.actions.show_routes import show_routes
from services.mailer.api import route_examples
from services.mailer.api.examples import answered, worked
from shared.kit.auth import Caller, needs
from shared.kit.requests import IfMatch, IfMatchOrNew, Transaction, set_version
from shared.schemas.routes import Pace, PaceInput, PaceKind, Paces, Route, RouteInput, RouteName, Routes

router = APIRouter(tags=["routes"])

Operator = Annotated[Caller, needs("operator")]
Name = Annotated[RouteName, Path(examples=["default"])]
Kind = Annotated[PaceKind, Path(examples=["recipient"])]
PaceName = Annotated[str, Path(max_length=300, examples=["gmail.com"])]


@router.get("/v1/routes", responses=answered({"items": [route_examples.ROUTE]}))
async def get_routes(request: Request, connection: Transaction, caller: Operator) -> Routes:
    """All relays with the connections open at present, why one is down, and what it is slowed down to."""
    deps: Any = request.app.state.deps
    return await show_routes(connection, settings=deps.settings, now=deps.clock.now())


@router.get("/v1/routes/{name}", responses=answered(route_examples.ROUTE))
async def get_route(
    name: Name, request: Request, connection: Transaction, caller: Operator, response: Response
) -> Route:
    """One relay, with its version as ETag."""
    deps: Any = request.app.state.deps
    route = await show_route(connection, name=name, settings=deps.settings, now=deps.clock.now())
    set_version(response, route.version)
    return route


@router.put("/v1/routes/{name}", responses=answered(route_examples.ROUTE))
async def put_route(
    name: Name,
    given: Annotated[RouteInput, Body(openapi_examples=worked(route_examples.ROUTE_INPUT))],
    request: Request,
    connection: Transaction,
    caller: Operator,
    version: IfMatchOrNew,
    response: Response,
) -> Route:
    """Add a relay, or change one with If-Match; sessions follow within 2 s. The URL is kept encrypted and never shown again."""
    deps: Any = request.app.state.deps
    route = await change_route(
        connection, name=name, given=given, version=version, settings=deps.settings, now=deps.clock.now()
    )
    set_version(response, route.version)
    return route


@router.delete("/v1/routes/{name}", status_code=204)
async def delete_route(name: Name, connection: Transaction, caller: Operator, version: IfMatch) -> None:
    """Forget a relay; its sessions end with the message they are handing over."""
    await remove_route(connection, name=name, version=version)


@router.get("/v1/paces", responses=answered({"items": [route_examples.PACE]}))
async def get_paces(request: Request, connection: Transaction, caller: Operator) -> Paces:
    """All limits by recipients' provider and by sender domain, with what they are slowed down to."""
    return await list_paces(connection, now=request.app.state.deps.clock.now())


@router.get("/v1/paces/{kind}/{name}", responses=answered(route_examples.PACE))
async def get_pace(
    kind: Kind, name: PaceName, request: Request, connection: Transaction, caller: Operator, response: Response
) -> Pace:
    """The limits of a recipient's provider or a sender domain, none if nobody set any, with their version as ETag."""
    deps: Any = request.app.state.deps
    secret = deps.settings.pace_secret
    pace = await show_pace(connection, kind=kind, name=name, secret=secret, now=deps.clock.now())
    set_version(response, pace.version)
    return pace


@router.put("/v1/paces/{kind}/{name}", responses=answered(route_examples.PACE))
async def put_pace(
    kind: Kind,
    name: PaceName,
    given: Annotated[PaceInput, Body(openapi_examples=worked(route_examples.PACE_INPUT))],
    request: Request,
    connection: Transaction,
    caller: Operator,
    version: IfMatch,
    response: Response,
) -> Pace:
    """Limit the mail to a recipient's provider (by any of its domains), or from a sender domain (`subscriber_id:domain`, commercial mail only)."""
    deps: Any = request.app.state.deps
    pace = await change_pace(
        connection,
        kind=kind,
        name=name,
        given=given,
        version=version,
        secret=deps.settings.pace_secret,
        now=deps.clock.now(),
    )
    set_version(response, pace.version)
    return pace
