"""Puts a demand of an authority into the register; nothing is released by it (S-110)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import PLATFORM
from services.optout.domain.sealing import MailSeal
from services.optout.store.disclosures import DisclosureRow, add_disclosure
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id
from shared.schemas.disclosures import DisclosureInput


async def request_disclosure(
    connection: AsyncConnection, *, given: DisclosureInput, seal: MailSeal, actor: str, now: datetime
) -> DisclosureRow:
    """Return the new entry."""
    await set_subscriber(connection, PLATFORM)
    disclosure_id = new_id()
    row = DisclosureRow(
        subscriber_id=PLATFORM,
        disclosure_id=disclosure_id,
        concerns_id=given.subscriber_id,
        reason=given.reason,
        authority=given.authority,
        reference=given.reference,
        sealed=seal.close(disclosure_id, given.scope.encode()),
        requested_by=actor,
        requested_at=now,
    )
    await add_disclosure(connection, row)
    return row
