"""GET /v1/changes: news for the services above, which follow it with a cursor (architecture 2)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.optout.api.asked import ApiDatabase, worked_answer
from services.optout.api.examples import CHANGES
from services.optout.store.mail_requests import join_mail_requests
from shared.kit.auth import Caller, only_service
from shared.kit.feed import LONGEST_WAIT_SECONDS, MOST_ROWS, START, read_changes
from shared.schemas.wire import Changes

router = APIRouter(tags=["changes"])


@router.get("/v1/changes", responses=worked_answer(CHANGES))
async def show_changes(
    database: ApiDatabase,
    caller: Annotated[Caller, only_service("ingest", "scheduler", "mailer", "portal")],
    epoch: Annotated[UUID | None, Query(examples=[CHANGES["epoch"]])] = None,
    after: Annotated[str, Query(max_length=45, examples=[CHANGES["cursor"]])] = START,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 1000,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS, allow_inf_nan=False)] = 0,
) -> Changes:
    """Return the rows after a cursor in commit order; kind `suppression` carries a SuppressionEntry, `mail_requested` a MailRequested.

    409 `feed_restarted` for a foreign epoch.
    """
    enrich = join_mail_requests if caller.name == "mailer" else None
    return await read_changes(database, epoch=epoch, after=after, limit=limit, wait_seconds=wait, enrich=enrich)
