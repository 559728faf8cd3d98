"""POST /v1/permissions/check: may these messages go? Asked by the mailer before every hand-over, fails closed."""

from typing import Annotated

from fastapi import APIRouter, Body

from services.optout.actions.check_permissions import check_permissions
from services.optout.api.asked import MOST_BULK_OCTETS, Now, OpenDoor, worked_answer
from services.optout.api.examples import ANSWERS, QUERIES
from shared.kit.auth import Caller, only_service
from shared.schemas.optout import PermissionAnswers, PermissionQueries

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
