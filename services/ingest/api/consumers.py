"""Consumers as a front desk's software looks them up."""

from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import APIRouter, Query

from services.ingest.actions.find_consumers import find_consumers
from services.ingest.api.examples import CHANGES, answers
from services.ingest.api.given import Given, Reader
from shared.schemas.ingest import ForeignId, FoundConsumer
from shared.schemas.wire import Page

_MOST: Final = 100
_CONSUMER: Final = cast("list[dict[str, Any]]", CHANGES["changes"])[0]["body"] | {"foreign_id": "P-1001"}

router = APIRouter(tags=["consumers"])


@router.get(
    "/v1/consumers",
    response_model=Page[FoundConsumer],
    responses=answers({"items": [_CONSUMER], "next": None}),
)
async def list_consumers(
    caller: Reader,
    deps: Given,
    connection_id: Annotated[UUID, Query(description="the source")],
    foreign_id: Annotated[
        list[ForeignId], Query(min_length=1, max_length=_MOST, description="the source's own keys of the people")
    ],
) -> Page[FoundConsumer]:
    """List the consumers with these keys at this source, unknown ones left out. Scheduler's reasons are asked by `consumer_id`."""
    items = await find_consumers(deps, caller=caller, connection_id=connection_id, foreign_ids=foreign_id)
    return Page(items=items, next=None)
