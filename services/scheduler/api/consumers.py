"""Why: for one consumer, what went out, what waits, and why nothing else does."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.scheduler.actions.explain_consumer import explain_consumer
from services.scheduler.actions.list_decisions import list_decisions
from services.scheduler.api.examples import DECISION, REASONS, answers, page_of
from services.scheduler.api.given import Given, Manager, locations_of
from services.scheduler.domain.errors import SpanUnusableError
from services.scheduler.store.decisions import DaySpan
from shared.kit.db import set_subscriber
from shared.kit.requests import After, CursorRefusedError, Limit, Transaction, page_cursor, read_cursor
from shared.schemas.decisions import Decision
from shared.schemas.scheduler import Reasons
from shared.schemas.wire import Page

router = APIRouter(tags=["reasons"])


@router.get("/v1/consumers/{consumer_id}/reasons", responses=answers(REASONS))
async def show_reasons(
    consumer_id: UUID,
    connection: Transaction,
    caller: Manager,
    deps: Given,
    limit: Limit = 200,
    after: After = None,
) -> Reasons:
    """Show a page of a person's touches and, for each campaign that concerns them, why there is nothing (S-003)."""
    await set_subscriber(connection, caller.subscriber)
    return await explain_consumer(
        connection,
        subscriber_id=caller.subscriber,
        consumer_id=consumer_id,
        locations=locations_of(caller),
        types=deps.types,
        now=deps.clock.now(),
        after=after,
        limit=limit,
    )


@router.get("/v1/consumers/{consumer_id}/decisions", responses=answers(page_of(DECISION)))
async def list_all(
    consumer_id: UUID,
    connection: Transaction,
    caller: Manager,
    deps: Given,
    day: Annotated[date | None, Query(description="only what concerns this day in the location's zone")] = None,
    first_day: Annotated[date | None, Query(description="with `last_day`: a span of days, both included")] = None,
    last_day: Annotated[date | None, Query()] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Decision]:
    """List what was decided about a person's mail, as it was decided: what was sent, held, skipped, moved and merged (S-003).

    A decision concerns the day it was made, the day its touch is due after it, and the day that it was due before.
    """
    await set_subscriber(connection, caller.subscriber)
    decisions, more = await list_decisions(
        connection,
        subscriber_id=caller.subscriber,
        consumer_id=consumer_id,
        locations=locations_of(caller),
        span=_span(day, first_day, last_day),
        types=deps.types,
        after=_number(after),
        limit=limit,
    )
    return Page(items=decisions, next=page_cursor(more) if more is not None else None)


def _span(day: date | None, first: date | None, last: date | None) -> DaySpan:
    """One day, or both ends of a span in their order, or neither."""
    if (first is None) != (last is None) or (day is not None and first is not None):
        raise SpanUnusableError
    if first is not None and last is not None and last < first:
        raise SpanUnusableError
    return DaySpan(day or first, day or last)


def _number(cursor: str | None) -> int:
    values = read_cursor(cursor, 1)
    if values is None:
        return 0
    if not isinstance(values[0], int) or not 0 <= values[0] < 2**63:
        raise CursorRefusedError
    return values[0]
