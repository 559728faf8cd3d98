"""How far a cancellation is."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.refusals import CancellationUnknownError
from services.mailer.store.cancelling import find_cancellation
from shared.schemas.mailer import Cancellation, StopScope


async def show_cancellation(connection: AsyncConnection, *, scope: StopScope, stop_id: str) -> Cancellation:
    """Return the cancellation of a scope or raise CancellationUnknownError."""
    row = await find_cancellation(connection, scope=scope, stop_id=stop_id)
    if row is None:
        raise CancellationUnknownError
    return Cancellation(asked_at=row.asked_at, cancelled=row.cancelled, finished_at=row.finished_at)
