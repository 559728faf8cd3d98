"""Touches: what was planned and what became of it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.scheduler.actions.list_touches import list_touches
from services.scheduler.api.examples import TOUCH, answers, page_of
from services.scheduler.api.given import Given, Manager, locations_of
from services.scheduler.store.reading import TouchFilter
from shared.kit.db import set_subscriber
from shared.kit.requests import After, CursorRefusedError, Limit, Transaction, page_cursor, read_cursor
from shared.schemas.scheduler import Touch, TouchState
from shared.schemas.wire import Page

router = APIRouter(tags=["touches"])


@router.get("/v1/touches", responses=answers(page_of(TOUCH)))
async def list_all(
    connection: Transaction,
    caller: Manager,
    deps: Given,
    consumer_id: Annotated[UUID | None, Query(description="only this person's")] = None,
    campaign_id: Annotated[UUID | None, Query(description="only this campaign's")] = None,
    state: Annotated[TouchState | None, Query(description="only those in this state")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Touch]:
    """List touches by due time."""
    await set_subscriber(connection, caller.subscriber)
    found = await list_touches(
        connection,
        subscriber_id=caller.subscriber,
        wanted=TouchFilter(consumer_id, campaign_id, state, locations_of(caller)),
        types=deps.types,
        after=_position(after),
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    more = page_cursor(last.due_at.isoformat(), str(last.touch_id)) if last is not None else None
    return Page(items=found[:limit], next=more)


def _position(cursor: str | None) -> tuple[datetime, UUID] | None:
    values = read_cursor(cursor, 2)
    if values is None:
        return None
    try:
        due_at = datetime.fromisoformat(str(values[0]))
        if due_at.tzinfo is None:
            raise CursorRefusedError
        return due_at, UUID(str(values[1]))
    except ValueError:
        raise CursorRefusedError from None
