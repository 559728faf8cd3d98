"""Approves a disclosure: two people other than the one who asked for it (S-110)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.disclosures import ApprovedAlreadyError, ApproverIsRequesterError, ReleasedAlreadyError
from services.optout.store.disclosures import DisclosureRow, add_approval, find_release


async def approve_disclosure(
    connection: AsyncConnection, *, row: DisclosureRow, remark: str, actor: str, now: datetime
) -> None:
    """Add the approval. Raises ApproverIsRequesterError, ApprovedAlreadyError, ReleasedAlreadyError."""
    if actor == row.requested_by:
        raise ApproverIsRequesterError
    if await find_release(connection, row) is not None:
        raise ReleasedAlreadyError
    if not await add_approval(connection, row, approver=actor, remark=remark, now=now):
        raise ApprovedAlreadyError
