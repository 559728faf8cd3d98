"""May these messages go? Asked by the mailer for whole batches before every hand-over (fails closed), by others one by one."""

from typing import Annotated

from fastapi import APIRouter, Body

from services.optout.actions.check_batch import check_batch
from services.optout.actions.check_permissions import check_permissions
from services.optout.api.asked import MOST_BULK_OCTETS, Now, OpenDoor, worked_answer
from services.optout.api.examples import ANSWERS, BATCH, QUERIES, VERDICTS
from shared.kit.auth import Caller, only_service
from shared.schemas.optout import PermissionAnswers, PermissionBatch, PermissionQueries, PermissionVerdicts

router = APIRouter(tags=["permissions"])


@router.post("/v1/permissions/check", responses=worked_answer(ANSWERS), max_body_size=MOST_BULK_OCTETS)
async def answer_queries(
    body: Annotated[PermissionQueries, Body(examples=[QUERIES])],
    caller: Annotated[Caller, only_service("mailer", "scheduler", "ingest")],
    now: Now,
    door: OpenDoor,
) -> PermissionAnswers:
    """Answer up to 1,000 queries of any subscribers in the order asked; `refused` alone is final.

    503 `catching_up` until the ledger has what the journal holds.
    """
    door.recovery.require()
    return PermissionAnswers(answers=await check_permissions(door.database, queries=body.queries, now=now))


@router.post("/v1/permissions/batch", responses=worked_answer(VERDICTS), max_body_size=MOST_BULK_OCTETS)
async def answer_batch(
    body: Annotated[PermissionBatch, Body(examples=[BATCH])],
    caller: Annotated[Caller, only_service("mailer")],
    now: Now,
    door: OpenDoor,
) -> PermissionVerdicts:
    """Answer for up to 1,000 messages with a letter each, in the order asked; `r` alone is final.

    503 `catching_up` until the ledger has what the journal holds.
    """
    door.recovery.require()
    return await check_batch(door.database, groups=body.groups, now=now)
