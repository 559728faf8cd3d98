"""Puts on record that a disclosure was released, by the hash of what went out; refused without two approvals (S-110)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.disclosures import APPROVALS_NEEDED, ApprovalsMissingError, ReleasedAlreadyError
from services.optout.store.disclosures import DisclosureRow, add_release, find_release
from shared.schemas.disclosures import ReleaseInput


async def release_disclosure(
    connection: AsyncConnection, *, row: DisclosureRow, given: ReleaseInput, actor: str, now: datetime
) -> None:
    """Add the release, once. Raises ReleasedAlreadyError, ApprovalsMissingError."""
    if await find_release(connection, row) is not None:
        raise ReleasedAlreadyError
    if not await add_release(connection, row, needed=APPROVALS_NEEDED, by=actor, now=now, **given.model_dump()):
        raise ApprovalsMissingError
