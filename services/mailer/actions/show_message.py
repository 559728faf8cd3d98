"""Showing a message with its attempts: what became of it, without address or name."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.refusals import MessageUnknownError
from services.mailer.store.accepting import find_message, list_attempts
from shared.kit.db import set_subscriber
from shared.schemas.mailer import Attempt, MessageStatus


async def show_message(connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID) -> MessageStatus:
    """Return the message of this subscriber or raise MessageUnknownError (also for a foreign one, S2)."""
    await set_subscriber(connection, subscriber_id)
    row = await find_message(connection, message_id)
    if row is None:
        raise MessageUnknownError
    tried = [
        Attempt(
            attempt_id=attempt.attempt_id,
            started_at=attempt.started_at,
            phase=attempt.phase,
            reply_code=attempt.reply_code,
            enhanced_code=attempt.enhanced_code,
            outcome=attempt.outcome,
            reason=attempt.reason,
            finished_at=attempt.finished_at,
        )
        for attempt in await list_attempts(connection, message_id)
    ]
    return MessageStatus(
        message_id=row.message_id,
        subscriber_id=row.subscriber_id,
        state=row.state,
        reason=row.reason,
        accepted_at=row.accepted_at,
        final_at=row.final_at,
        attempts=tried,
        handed_over_at=row.marked_at,
    )
