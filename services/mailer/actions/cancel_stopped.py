"""Cancel everything a stop covers: the stop first, so that no marker passes from here on, the rows by a loop in chunks (I24)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.change_stop import change_stop
from services.mailer.actions.show_cancellation import show_cancellation
from services.mailer.store.cancelling import ask_cancellation
from shared.schemas.mailer import Cancellation, StopInput, StopScope


async def cancel_stopped(connection: AsyncConnection, *, scope: StopScope, stop_id: str, now: datetime) -> Cancellation:
    """Stop a scope and ask for its queue to be cancelled; the stop stays until it is lifted. Raises StopMismatchedError."""
    await change_stop(connection, scope=scope, stop_id=stop_id, given=StopInput(state="paused"), now=now)
    await ask_cancellation(connection, scope=scope, stop_id=stop_id, now=now)
    return await show_cancellation(connection, scope=scope, stop_id=stop_id)
