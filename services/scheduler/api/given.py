"""What routes are given beside their input: dependencies, the caller, and the subscriber's own rows only."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request

from services.scheduler.deps import Deps
from shared.kit.auth import Caller, needs
from shared.kit.errors import NotFoundError
from shared.kit.requests import CursorRefusedError, read_cursor


async def _deps(request: Request) -> Deps:
    return cast("Deps", request.app.state.deps)


Given = Annotated[Deps, Depends(_deps)]
Manager = Annotated[Caller, needs("campaigns")]
"""A client with scope `campaigns`."""
Desk = Annotated[Caller, needs("records")]
"""The front desk: a client with scope `records`, as in ingest."""


def wanted_language(request: Request) -> str:
    """Return what the reader of a page wants (Accept-Language), as much of it as is looked at."""
    return request.headers.get("accept-language", "")[:200]


def refuse_foreign_location(caller: Caller, location_id: UUID) -> None:
    """Answer for a location outside the credential as for an unknown one (S2)."""
    if not caller.covers(location_id):
        raise NotFoundError


def locations_of(caller: Caller) -> list[UUID] | None:
    """Return the locations the credential is bound to, None for all."""
    return sorted(caller.location_ids) or None


def id_after(cursor: str | None) -> UUID | None:
    """Return the id that a page's cursor stands behind."""
    values = read_cursor(cursor, 1)
    try:
        return UUID(str(values[0])) if values is not None else None
    except ValueError:
        raise CursorRefusedError from None
