"""Pause and resume: by campaign, by subscriber, a subscriber's commercial mail, or everything; checked inside the marker."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.refusals import StopMismatchedError
from services.mailer.store.accepting import set_stop
from shared.schemas.mailer import StopInput

StopScope = Literal["all", "subscriber", "campaign", "commercial"]


async def change_stop(
    connection: AsyncConnection, *, scope: StopScope, stop_id: str, given: StopInput, now: datetime
) -> StopInput:
    """Set or lift a stop or raise StopMismatchedError. Every marker sent after this has committed sees it; one on its way may still pass, and
    its dot leaves within 2 s (I24)."""
    if not _names_one(scope, stop_id):
        raise StopMismatchedError
    await set_stop(connection, scope=scope, stop_id=stop_id, paused=given.state == "paused", now=now)
    return given


def _names_one(scope: StopScope, stop_id: str) -> bool:
    """`all` has no other id, and ids are compared as text: only the canonical form of a UUID would stop anything."""
    if scope == "all":
        return stop_id == "all"
    try:
        return str(UUID(stop_id)) == stop_id
    except ValueError:
        return False
