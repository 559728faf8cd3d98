"""Takes one report about a message of ours: opt-outs and complaints go to optout first, then everything is put on file at once."""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

from services.mailer.clients.optout import OptoutClient
from services.mailer.domain.refusals import MessageLeavingError
from services.mailer.domain.reports import Report, ReportKind
from services.mailer.store.reporting import ReportedMessage, ReportRow, find_reported, is_reported, record_report
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database
from shared.kit.logs import log
from shared.schemas.optout import OptoutInput, OptoutsInput

_LOOKS: Final = 50
_LOOK_SECONDS: Final = 0.1
_CHANNELS: Final = {ReportKind.COMPLAINT: "complaint", ReportKind.OPTOUT_REQUEST: "reply"}
_WAYS: Final = {"unsub": "mailto", "relay": "relay"}
"""How an opt-out came, where that says more than what it is."""


async def take_report(
    database: Database,
    optout: OptoutClient,
    *,
    report: Report,
    report_id: UUID,
    message_id: UUID,
    purpose: str,
    now: datetime,
) -> bool:
    """Take a report about the message that a MAC or a relay's signature has proven; false for a repeat, or where the message is gone.

    `purpose` is that of the address it came to, or `relay`.

    What a complaint or a refusal stops is what one click on that mail stops: commercial mail, or all where the mail was transactional (L-077), of
    the whole business. Raises OptoutSilentError and MessageLeavingError before anything is on file: the mail stays with the server that brought it,
    which tries again.
    """
    message = await _find_settled(database, message_id)
    if message is None:
        return False
    async with database.raw() as connection:
        if await is_reported(connection, message.subscriber_id, report_id):
            return False
    channel = _CHANNELS.get(report.kind)
    if channel:
        is_asked = report.kind is ReportKind.OPTOUT_REQUEST
        await optout.report(_optout(message, report_id, _WAYS.get(purpose, channel) if is_asked else channel, now))
        crashpoint("mailer.after_reported_optout")
    row = ReportRow(report_id, report.kind.value, report.blame, report.status, report.reason)
    async with database.raw() as connection:
        is_new = await record_report(connection, message, row, now=now)
    if is_new:
        tell = log("mailer.inbound")
        tell.info("report_taken", message_id=str(message_id), report_id=str(report_id), kind=row.kind, blame=row.blame)
        if report.kind is ReportKind.OPTOUT_UNCLEAR:
            tell.warning("optout_needs_a_person", message_id=str(message_id), report_id=str(report_id))
    return is_new


async def _find_settled(database: Database, message_id: UUID) -> ReportedMessage | None:
    """Return the message once the reply to it is on file: a relay on this machine may bounce it before we have written down that it was sent."""
    for _ in range(_LOOKS):
        async with database.raw() as connection:
            message = await find_reported(connection, message_id)
        if message is None or not message.is_leaving:
            return message
        await asyncio.sleep(_LOOK_SECONDS)
    raise MessageLeavingError


def _optout(message: ReportedMessage, report_id: UUID, channel: str, now: datetime) -> OptoutsInput:
    return OptoutsInput(
        subscriber_id=message.subscriber_id,
        optouts=[
            OptoutInput(
                optout_id=report_id,
                address_key=message.address_key,
                suppression_class="commercial" if message.message_class == "commercial" else "all",
                channel=channel,
                evidence=f"message:{message.message_id}",
                occurred_at=now,
            )
        ],
    )
