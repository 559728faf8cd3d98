"""Pause and resume: by campaign, by subscriber, or everything; checked inside the marker."""

from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.accepting import set_stop
from shared.schemas.mailer import StopInput

StopScope = Literal["all", "subscriber", "campaign"]


async def change_stop(
    connection: AsyncConnection, *, scope: StopScope, stop_id: str, given: StopInput, now: datetime
) -> StopInput:
    """Set or lift a stop; once this has committed no marker of its scope is set (I24)."""
    await set_stop(connection, scope=scope, stop_id=stop_id, paused=given.state == "paused", now=now)
    return given
