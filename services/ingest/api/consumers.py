"""Consumers as a front desk's software looks them up."""

from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import APIRouter, Query

from services.ingest.actions.find_consumer import find_consumer
from services.ingest.api.examples import CHANGES, answers
from services.ingest.api.given import Given, Reader
from shared.schemas.ingest import ConsumerFacts, ForeignId
from shared.schemas.wire import Page

_CONSUMER: Final = cast("list[dict[str, Any]]", CHANGES["changes"])[0]["body"]

router = APIRouter(tags=["consumers"])


@router.get(
    "/v1/consumers",
    response_model=Page[ConsumerFacts],
    responses=answers({"items": [_CONSUMER], "next": None}),
)
async def list_consumers(
    caller: Reader,
    deps: Given,
    connection_id: Annotated[UUID, Query(description="the source")],
    foreign_id: Annotated[ForeignId, Query(description="the source's own key of the person")],
) -> Page[ConsumerFacts]:
    """List the consumers with this key at this source: one or none. `consumer_id` is what scheduler's reasons are asked by."""
    found = await find_consumer(deps, caller=caller, connection_id=connection_id, foreign_id=foreign_id)
    return Page(items=[found] if found else [], next=None)
