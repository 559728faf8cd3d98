"""For whom a caller may act: the operator for every subscriber, a client for its own. Foreign ids answer like unknown ones (S2)."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.deps import Deps
from services.portal.store.locations import find_owner
from shared.kit.auth import Caller, needs
from shared.kit.db import set_subscriber
from shared.kit.errors import NotAllowedError, NotFoundError


def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


Given = Annotated[Deps, Depends(_deps)]
"""The service's Deps."""

MOST_OCTETS: Final = 256 * 1024
"""Body limit of portal's routes: bodies are read before callers are known, and the largest record has some 20 kB."""

OperatorOnly = Annotated[Caller, needs("operator")]
MayManageLocations = Annotated[Caller, needs("locations")]
MayManageClients = Annotated[Caller, needs("clients")]


def is_operator(caller: Caller) -> bool:
    """Tell whether the caller acts for every subscriber."""
    return "operator" in caller.scopes and caller.subscriber_id is None


def actor_of(caller: Caller) -> str:
    """Return the caller's name for audit and idempotency: kind and id."""
    return f"{caller.kind}:{caller.name}"


async def enter_subscriber(connection: AsyncConnection, caller: Caller, subscriber_id: UUID) -> None:
    """Set the subscriber context, or raise NotFoundError for somebody else's subscriber."""
    if not is_operator(caller) and caller.subscriber_id != subscriber_id:
        raise NotFoundError
    await set_subscriber(connection, subscriber_id)


async def enter_location(connection: AsyncConnection, deps: Deps, caller: Caller, location_id: UUID) -> None:
    """Set the context of a location's subscriber, or raise NotFoundError for one that the caller may not see."""
    if is_operator(caller):
        async with deps.worker_db.transaction() as crossing:
            owner = await find_owner(crossing, location_id)
    else:
        owner = caller.subscriber
    if not caller.covers(location_id):
        raise NotFoundError
    await set_subscriber(connection, owner)


def refuse_bound(caller: Caller) -> None:
    """Raise NotAllowedError for a client that is bound to some locations: it may not act for the whole subscriber."""
    if caller.location_ids:
        raise NotAllowedError
