"""Consumers as a front desk works with them: search, read, create, edit, merge, household, history, origin."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from services.ingest.actions.create_consumer import create_consumer
from services.ingest.actions.edit_consumer import edit_consumer
from services.ingest.actions.list_duplicates import list_duplicates
from services.ingest.actions.list_history import list_history
from services.ingest.actions.merge_consumer import merge_consumer
from services.ingest.actions.part_consumer import part_consumer
from services.ingest.actions.search_consumers import search_consumers
from services.ingest.actions.show_consumer import show_consumer
from services.ingest.actions.show_household import show_household
from services.ingest.actions.show_origin import show_origin
from services.ingest.api.examples import answers, worked
from services.ingest.api.given import Given, Reader
from services.ingest.api.record_examples import CARD, DETAIL, EDIT, HISTORY, HOUSEHOLD, INPUT, MERGE, ORIGIN, SEARCH
from services.ingest.api.sealed_answer import SealedAnswer
from shared.kit.requests import After, IfMatch, Limit, OnceOnly, Transaction, set_version
from shared.schemas.records import (
    ConsumerCard,
    ConsumerDetail,
    ConsumerEdit,
    ConsumerInput,
    ConsumerSearch,
    Duplicate,
    HistoryEntry,
    Household,
    MergeInto,
    Origin,
)
from shared.schemas.wire import Page

router = APIRouter(tags=["records"])


@router.post(
    "/v1/consumers/search",
    response_model=Page[ConsumerCard],
    responses=answers({"items": [CARD], "next": None}),
)
async def search_records(
    body: Annotated[ConsumerSearch, Body(openapi_examples=worked(SEARCH))], caller: Reader, deps: Given
) -> Page[ConsumerCard]:
    """Find consumers, by ascending id. A new or changed person is found within a second or two, during a large upload within half a minute."""
    return await search_consumers(deps, caller=caller, asked=body)


@router.post("/v1/consumers", status_code=201, response_model=ConsumerDetail, responses=answers(DETAIL, status=201))
async def create_record(
    body: Annotated[ConsumerInput, Body(openapi_examples=worked(INPUT))],
    caller: Reader,
    deps: Given,
    connection: Transaction,
    once: OnceOnly,
    response: Response,
) -> ConsumerDetail:
    """Make a consumer whom no source knows."""

    async def create() -> ConsumerDetail:
        made = await create_consumer(deps, connection, caller=caller, wanted=body)
        set_version(response, made.version)
        response.headers["Location"] = (
            f"/v1/consumers/{made.consumer_id}"  # by it an erasure finds the answer kept for a repeat
        )
        return made

    seal = SealedAnswer(await deps.row_keys.of(deps.api_db, caller.subscriber))
    made: ConsumerDetail = await once.answer(connection, caller.name, create, response=response, seal=seal)
    return made


@router.get("/v1/consumers/{consumer_id}", response_model=ConsumerDetail, responses=answers(DETAIL))
async def read_record(consumer_id: UUID, caller: Reader, deps: Given, response: Response) -> ConsumerDetail:
    """Show one consumer; the ETag is for edits."""
    found = await show_consumer(deps, caller=caller, consumer_id=consumer_id)
    set_version(response, found.version)
    return found


@router.patch("/v1/consumers/{consumer_id}", response_model=ConsumerDetail, responses=answers(DETAIL))
async def edit_record(
    consumer_id: UUID,
    body: Annotated[ConsumerEdit, Body(openapi_examples=worked(EDIT))],
    version: IfMatch,
    caller: Reader,
    deps: Given,
    response: Response,
) -> ConsumerDetail:
    """Change some fields, effective at once. An edit stands until the source changes that field later; of two statuses the stricter holds."""
    edited = await edit_consumer(deps, caller=caller, consumer_id=consumer_id, version=version, edit=body)
    set_version(response, edited.version)
    return edited


@router.put("/v1/merges/{merged_id}", response_model=ConsumerDetail, responses=answers(DETAIL))
async def merge_record(
    merged_id: UUID,
    body: Annotated[MergeInto, Body(openapi_examples=worked(MERGE))],
    version: IfMatch,
    caller: Reader,
    deps: Given,
    response: Response,
) -> ConsumerDetail:
    """Merge this consumer into another: its history and opt-outs count for the other, and nothing is written to it any more."""
    merged = await merge_consumer(deps, caller=caller, consumer_id=merged_id, version=version, into=body.into_id)
    set_version(response, merged.version)
    return merged


@router.delete("/v1/merges/{merged_id}", response_model=ConsumerDetail, responses=answers(DETAIL))
async def unmerge_record(
    merged_id: UUID, version: IfMatch, caller: Reader, deps: Given, response: Response
) -> ConsumerDetail:
    """Undo a merge, the source's too; opt-outs stay on both."""
    parted = await part_consumer(deps, caller=caller, consumer_id=merged_id, version=version)
    set_version(response, parted.version)
    return parted


@router.get(
    "/v1/duplicates",
    response_model=Page[Duplicate],
    responses=answers({"items": [{"consumer": CARD, "others": [CARD]}], "next": None}),
)
async def list_suspected_duplicates(
    caller: Reader,
    deps: Given,
    connection_id: Annotated[UUID, Query(description="the source whose people are looked at")],
    after: After = None,
    limit: Limit = 50,
) -> Page[Duplicate]:
    """List people of one source whom another source or the front desk seems to know too, by ascending id; follow `next` to its end."""
    return await list_duplicates(deps, caller=caller, connection_id=connection_id, after=after, limit=limit)


@router.get("/v1/consumers/{consumer_id}/household", response_model=Household, responses=answers(HOUSEHOLD))
async def read_household(consumer_id: UUID, caller: Reader, deps: Given) -> Household:
    """Show who belongs together: same household, same address, guardians and other relations."""
    return await show_household(deps, caller=caller, consumer_id=consumer_id)


@router.get(
    "/v1/consumers/{consumer_id}/history",
    response_model=Page[HistoryEntry],
    responses=answers({"items": [HISTORY], "next": None}),
)
async def read_history(
    consumer_id: UUID, caller: Reader, deps: Given, after: After = None, limit: Limit = 50
) -> Page[HistoryEntry]:
    """List changes of the record, newest first: which fields and by whom, never the values."""
    return await list_history(deps, caller=caller, consumer_id=consumer_id, after=after, limit=limit)


@router.get("/v1/consumers/{consumer_id}/origin", response_model=Origin, responses=answers(ORIGIN))
async def read_origin(consumer_id: UUID, caller: Reader, deps: Given) -> Origin:
    """Say why the business has this person's data: source, date, permission and refusal."""
    return await show_origin(deps, caller=caller, consumer_id=consumer_id)
