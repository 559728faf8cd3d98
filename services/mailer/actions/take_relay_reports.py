"""Takes what a relay reports by HTTP: each report once, through the same door as what comes back by mail (I21)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.mailer.actions.take_report import take_report
from services.mailer.clients.optout import OptoutClient
from services.mailer.domain.reports import Report
from services.mailer.smtp.relay_events import RelayReport, name_message
from services.mailer.smtp.verp import ReturnAddresses
from services.mailer.store.reporting import find_reported
from shared.kit.crypto import keyed_id
from shared.kit.db import Database
from shared.schemas.relay import RelayReceipt

_NAMESPACE: Final = b"relay_reports"


async def take_relay_reports(
    database: Database,
    optout: OptoutClient,
    *,
    shape: str,
    delivery_id: str,
    reports: Sequence[RelayReport | None],
    returns: ReturnAddresses,
    domain: str,
    now: datetime,
) -> RelayReceipt:
    """Take the reports of one delivery, whose id makes a repeat harmless; None among them are events of no concern.

    Raises OptoutSilentError: what was taken by then stays taken, and the relay sends the delivery again.
    """
    counts = {"applied": 0, "repeated": 0, "unknown": 0, "ignored": 0}
    for index, found in enumerate(reports):
        if found is None:
            counts["ignored"] += 1
            continue
        message_id = name_message(found, returns=returns, domain=domain)
        async with database.raw() as connection:
            known = await find_reported(connection, message_id) if message_id else None
        if known is None or message_id is None:
            counts["unknown"] += 1
            continue
        report: Report = found.report
        is_new = await take_report(
            database,
            optout,
            report=report,
            report_id=keyed_id(_NAMESPACE, shape, delivery_id, str(index)),
            message_id=message_id,
            purpose="relay",
            now=now,
        )
        counts["applied" if is_new else "repeated"] += 1
    return RelayReceipt.model_validate(counts)
