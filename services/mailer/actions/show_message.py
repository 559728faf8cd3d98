"""Showing a message with its attempts: what became of it, without address or name."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.refusals import MessageUnknownError
from services.mailer.domain.sealing import note_place
from services.mailer.store.accepting import find_message, list_last_attempts
from services.mailer.store.doubts import list_settlements
from shared.kit.auth import Caller
from shared.kit.crypto import DataKeys
from shared.kit.db import set_subscriber
from shared.schemas.mailer import Attempt, MessageStatus, Settlement

MOST_ATTEMPTS: Final = 50
"""Attempts shown with a message; more have a list of their own."""


async def show_message(
    connection: AsyncConnection, *, caller: Caller, message_id: UUID, keys: DataKeys
) -> MessageStatus:
    """Return a message of the caller's subscriber and locations or raise MessageUnknownError (also for a foreign one, S2)."""
    subscriber_id = caller.subscriber
    await set_subscriber(connection, subscriber_id)
    row = await find_message(connection, message_id)
    if row is None or not caller.covers(row.location_id):
        raise MessageUnknownError
    tried = await list_last_attempts(connection, message_id, limit=MOST_ATTEMPTS)
    return MessageStatus(
        message_id=row.message_id,
        subscriber_id=row.subscriber_id,
        state=row.state,
        reason=row.reason,
        accepted_at=row.accepted_at,
        final_at=row.final_at,
        attempts=[Attempt.model_validate(dict(attempt._mapping)) for attempt in tried],
        settlements=await _show_settlements(connection, subscriber_id, message_id, keys),
        handed_over_at=row.marked_at,
        content_id=row.content_id,
        message_class=row.message_class,
    )


async def _show_settlements(
    connection: AsyncConnection, subscriber_id: UUID, message_id: UUID, keys: DataKeys
) -> list[Settlement]:
    rows = await list_settlements(connection, subscriber_id, message_id)
    if not rows:
        return []
    cipher = await keys.cipher(connection, subscriber_id)
    return [
        Settlement(
            settled_at=row.settled_at,
            source="person" if row.source == "person" else "relay_log",
            state=row.state.value,
            by=row.settled_by,
            note=cipher.decrypt(row.sealed_note, note_place(row.settlement_id)).decode() if row.sealed_note else None,
        )
        for row in rows
    ]
