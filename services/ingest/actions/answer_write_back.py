"""Takes what a practice system answered to a write-back; said twice it counts once."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.write_back import (
    FINAL,
    WriteBackClaimLostError,
    WriteBackSettledError,
    WriteBackUnknownError,
    pause_after,
)
from services.ingest.store.write_backs import lock_write_back, settle_write_back, status_of
from shared.kit.auth import Caller
from shared.kit.clock import Clock
from shared.kit.db import set_subscriber
from shared.schemas.write_backs import WriteBackAnswer, WriteBackStatus


async def answer_write_back(
    connection: AsyncConnection, *, caller: Caller, write_back_id: UUID, given: WriteBackAnswer, clock: Clock
) -> WriteBackStatus:
    """Return where it stands now. That something was written is taken from a run that lost its claim too: it is a fact.

    Raises WriteBackUnknownError, WriteBackSettledError, WriteBackClaimLostError.
    """
    owner, now = caller.subscriber, clock.now()
    await set_subscriber(connection, owner)
    key = {"subscriber_id": owner, "write_back_id": write_back_id}
    row = await lock_write_back(connection, **key)
    if row is None or not caller.covers(row.location_id):
        raise WriteBackUnknownError
    if row.state in FINAL:
        if given.result != row.state:
            raise WriteBackSettledError
        return status_of(row)
    _refuse_lost_claim(row, given)
    is_later = given.result == "later"
    await settle_write_back(
        connection,
        **key,
        state="waiting" if is_later else given.result,
        answer=given.answer,
        answered_at=now,
        next_at=now + pause_after(row.tries) if is_later else row.next_at,
    )
    return status_of(await lock_write_back(connection, **key))


def _refuse_lost_claim(row: Any, given: WriteBackAnswer) -> None:
    is_fact = given.result in ("written", "already_there") and row.tries > 0
    if row.claim_id != given.claim_id and not is_fact:
        raise WriteBackClaimLostError
