"""Ends a legal hold; erasures that waited for it follow within seconds (S-111)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.case_views import hold_shown
from services.optout.domain.cases import HoldUnknownError
from services.optout.domain.entries import PLATFORM
from services.optout.store.erasures import end_hold
from shared.kit.db import set_subscriber
from shared.schemas.privacy_cases import LegalHold, LegalHoldEnd


async def lift_hold(
    connection: AsyncConnection, *, hold_id: UUID, given: LegalHoldEnd, actor: str, now: datetime
) -> LegalHold:
    """End it and return it. Raises HoldUnknownError for one that is not there or has ended."""
    owner = given.subscriber_id or PLATFORM
    await set_subscriber(connection, owner)
    row = await end_hold(connection, subscriber_id=owner, hold_id=hold_id, by=actor, because=given.because, now=now)
    if row is None:
        raise HoldUnknownError
    return hold_shown(row)
