"""Tells what the mailer holds about an address: every message with its outcome and where its content is shown as it was sent (S-061, N-114)."""

from typing import Any, Final
from uuid import UUID

from services.mailer.store.holdings import HOLDINGS, read_holding
from shared.kit.db import Database
from shared.schemas.mailer import PLATFORM_SENDER
from shared.schemas.personal_data import PersonalData, PersonalDataQuestion, gather

_KINDS: Final = {
    "messages": "message",
    "attempts": "attempt",
    "content_views": "content_view",
    "reports": "report",
    "unreachable": "unreachable",
    "suppressions": "suppression",
}


async def show_personal_data(database: Database, *, asked: PersonalDataQuestion) -> PersonalData:
    """Return it. Content is not copied into a report: it is shown, proven and noted where it is kept."""
    rows: list[tuple[str, UUID | None, dict[str, Any]]] = []
    async with database.transaction() as connection:
        for table in HOLDINGS:
            for row in await read_holding(
                connection, table, subscriber_id=asked.subscriber_id, address_keys=asked.address_keys
            ):
                owner = row.pop("subscriber_id")
                rows.append((_KINDS[table], None if owner == PLATFORM_SENDER else owner, row))
    return PersonalData(service="mailer", holdings=gather(rows))
