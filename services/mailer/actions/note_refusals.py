"""Puts refusals heard in the SMTP session on file as reports, so that a dead address is shut however its bounce came (L-075)."""

from datetime import datetime, timedelta
from typing import Final

from services.mailer.domain.outcomes import BounceKind
from services.mailer.store.reporting import ReportRow, list_refused, record_report
from shared.kit.db import Database

LONG_LOOK: Final = timedelta(days=2)
"""At the start: as long as a mailer may have stood still."""
SHORT_LOOK: Final = timedelta(minutes=15)
"""From then on: longer than any settling takes."""
_BATCH: Final = 500
_HARD: Final = frozenset(
    (
        "mailbox_unknown",
        "domain_unknown",
        "address_invalid",
        "mailbox_moved",
        "domain_without_mail",
        "mailbox_disabled",
    )
)
_SOFT: Final = frozenset(("mailbox_full", "mailbox_refused", "recipient_refused", "not_deliverable"))


async def note_refusals(database: Database, *, now: datetime, look_back: timedelta = LONG_LOOK) -> bool:
    """Note up to 500 messages that bounced within `look_back` and return whether there may be more. The message's id is the report's: once each."""
    async with database.raw() as connection:
        refused = await list_refused(connection, now - look_back, limit=_BATCH)
        for message, reason, at in refused:
            row = ReportRow(message.message_id, "bounce", _blame(reason), None, reason)
            await record_report(connection, message, row, now=at)
    return len(refused) == _BATCH


def _blame(reason: str) -> BounceKind:
    return "hard" if reason in _HARD else "soft" if reason in _SOFT else "policy"
