"""Finds a privacy case for a caller, so that what is another's is as unknown as what does not exist (S2)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.cases import Case, CaseUnknownError
from services.optout.domain.entries import PLATFORM
from services.optout.store.cases import find_case as read_case
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber


async def find_case(connection: AsyncConnection, *, caller: Caller, case_id: UUID, lock: bool = False) -> Case:
    """Return a case of the caller's business and locations, of the platform for the operator. Raises CaseUnknownError."""
    subscriber_id = caller.subscriber_id or PLATFORM
    await set_subscriber(connection, subscriber_id)
    case = await read_case(connection, subscriber_id, case_id, lock=lock)
    if case is None or (caller.location_ids and (case.location_id is None or not caller.covers(case.location_id))):
        raise CaseUnknownError
    return case
