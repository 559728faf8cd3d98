"""Applies the complaints of a page of the mailer's feed: for reports only, because a complaint is an opt-out in optout's ledger already."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.outcomes import keep_complaints
from shared.schemas.mailer import Complaint
from shared.schemas.wire import Change


async def apply_complaints(connection: AsyncConnection, changes: Sequence[Change]) -> None:
    """Note the first complaint about each message."""
    complaints = [
        (change.subscriber_id, Complaint.model_validate(change.body))
        for change in changes
        if change.kind == "complaint" and change.subscriber_id is not None and change.body is not None
    ]
    if complaints:
        await keep_complaints(connection, complaints)
