"""Content as sent, shown again and proven by the hash that was kept (L-020); who looked is kept too."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.delivery.rewrite import Rewriter, Rewritten, ShreddedError
from services.mailer.domain.refusals import MessageUnknownError
from services.mailer.store.accepting import find_message, list_attempts
from services.mailer.store.claiming import NOBODY, ClaimedMessage
from services.mailer.store.evidence import find_sender_facts, note_view
from services.mailer.store.reading import find_contents, find_locations
from shared.kit.auth import Caller
from shared.kit.crypto import UndecryptableError
from shared.kit.db import set_subscriber
from shared.schemas.mailer import ContentProof, MessageContent


async def show_content(
    connection: AsyncConnection, *, caller: Caller, message_id: UUID, rewriter: Rewriter, now: datetime
) -> MessageContent:
    """Return a message of the caller's subscriber and locations as it was sent, or raise MessageUnknownError."""
    await set_subscriber(connection, caller.subscriber)
    row = await find_message(connection, message_id)
    if row is None or not caller.covers(row.location_id):
        raise MessageUnknownError
    try:
        written = await _rewrite(connection, row, rewriter, now=now)
        proof = _judge(row.sha256, written)
    except (ShreddedError, UndecryptableError):
        written, proof = None, "shredded"
    await note_view(
        connection,
        subscriber_id=caller.subscriber,
        message_id=message_id,
        viewed_by=f"{caller.kind}:{caller.name}",
        proof=proof,
        now=now,
    )
    return _show(row, written, proof)


async def _rewrite(connection: AsyncConnection, row: Any, rewriter: Rewriter, *, now: datetime) -> Rewritten | None:
    """Write the message with the facts of its time; one that never left, with those of today."""
    message = ClaimedMessage(
        **{name: getattr(row, name) for name in ClaimedMessage._fields if name != "claim_id"}, claim_id=NOBODY
    )
    await rewriter.open_seals(connection, message)
    handed_over_at = await _find_hand_over(connection, row) or now
    facts = await find_sender_facts(connection, row.location_id, at=handed_over_at)
    today = await find_locations(connection, {row.location_id})
    contents = await find_contents(connection, {row.content_id})
    if row.content_id not in contents:
        return None
    return rewriter.rewrite(
        message,
        contents[row.content_id],
        [*facts, *(location for location, _ in today.values())],
        sha256=row.sha256,
        handed_over_at=handed_over_at,
    )


async def _find_hand_over(connection: AsyncConnection, row: Any) -> datetime | None:
    """Return when the attempt that the hash is of began."""
    began = [
        attempt.started_at
        for attempt in await list_attempts(connection, row.message_id)
        if attempt.outcome in ("sent", "uncertain")
    ]
    return max(began, default=None)


def _judge(sha256: bytes | None, written: Rewritten | None) -> ContentProof:
    if sha256 is None:
        return "not_kept"
    return "matches" if written is not None and written.composed_at is not None else "differs"


def _show(row: Any, written: Rewritten | None, proof: ContentProof) -> MessageContent:
    return MessageContent(
        message_id=row.message_id,
        content_id=row.content_id,
        proof=proof,
        sha256=row.sha256.hex() if row.sha256 else None,
        composed_at=written.composed_at if written else None,
        recipient=written.letter.recipient if written else None,
        subject=written.letter.subject if written else None,
        text=written.letter.text if written else None,
        html=written.letter.html if written else None,
        source=written.source.decode() if written else None,
    )
