"""Pause and resume: by campaign, by subscriber, a subscriber's commercial mail, or everything; checked inside the marker."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.refusals import StopCancellingError, StopMismatchedError
from services.mailer.domain.stops import names_one
from services.mailer.store.accepting import set_stop
from services.mailer.store.cancelling import find_cancellation
from shared.schemas.mailer import StopInput, StopScope


async def change_stop(
    connection: AsyncConnection, *, scope: StopScope, stop_id: str, given: StopInput, now: datetime
) -> StopInput:
    """Set or lift a stop or raise StopMismatchedError or StopCancellingError.

    Every marker sent after this has committed sees it; one on its way may still pass, and its dot leaves within 2 s (I24).
    """
    if not names_one(scope, stop_id):
        raise StopMismatchedError
    if given.state == "running":
        cancelling = await find_cancellation(connection, scope=scope, stop_id=stop_id, lock=True)
        if cancelling is not None and cancelling.finished_at is None:
            raise StopCancellingError
    await set_stop(connection, scope=scope, stop_id=stop_id, paused=given.state == "paused", now=now)
    return given
