"""Takes one inbound mail about a message of ours: what a person wrote goes on to the business, then the report of it is put on file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.mailer.actions.take_report import take_report
from services.mailer.clients.optout import OptoutClient
from services.mailer.domain.reports import Handled, Report, ReportKind
from services.mailer.smtp.courier import Courier
from services.mailer.smtp.forward import is_loop, make_forward
from services.mailer.smtp.reports import ONLY_WORDS
from services.mailer.smtp.verp import Purpose, ReturnAddresses
from services.mailer.store.reading import find_location_of
from services.mailer.store.reporting import find_reported, is_reported
from shared.kit.db import Database
from shared.kit.logs import log

_FOR_THE_BUSINESS: Final = (ReportKind.REPLY, ReportKind.OPTOUT_UNCLEAR)
_REPLIES: Final = "replies"
"""Local part of the From of forwarded answers; nobody reads it, Reply-To leads to the writer."""


@dataclass(frozen=True, slots=True)
class InboundMail:
    """A mail as it came: envelope sender, octets, what it was understood to be, and the message of ours that a MAC has proven."""

    sender: str
    raw: bytes
    report: Report
    report_id: UUID
    message_id: UUID
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class MailRoom:
    """What handling inbound mail takes: `database` of the worker role, `courier` to the relay, `domain` of our return addresses."""

    database: Database
    optout: OptoutClient
    courier: Courier
    returns: ReturnAddresses
    domain: str


async def take_mail(room: MailRoom, mail: InboundMail, *, now: datetime) -> Handled:
    """Take one mail; the same `report_id` again changes nothing.

    What a person wrote is handed to the relay first and nothing of it is kept. NotTakenError, and OptoutSilentError of an opt-out, leave the mail
    with the server that brought it. A repeat after the hand-over and before the report is on file is forwarded twice rather than lost.
    """
    if mail.purpose == "f":
        return _note_failed_forward(mail)
    if _is_for_the_business(mail):
        handled = await _forward(room, mail)
        if handled is not Handled.TAKEN:
            return handled
    await take_report(
        room.database,
        room.optout,
        report=mail.report,
        report_id=mail.report_id,
        message_id=mail.message_id,
        purpose=mail.purpose,
        now=now,
    )
    return Handled.TAKEN


def _is_for_the_business(mail: InboundMail) -> bool:
    """What a person wrote, and what a person may have written: to pass on one vacation notice too many harms less than to lose an answer."""
    is_unsure = mail.report.kind is ReportKind.AUTO_REPLY and mail.report.reason == ONLY_WORDS
    return mail.report.kind in _FOR_THE_BUSINESS or (is_unsure and mail.sender.strip("<> ") != "")


async def _forward(room: MailRoom, mail: InboundMail) -> Handled:
    async with room.database.raw() as connection:
        message = await find_reported(connection, mail.message_id)
        if message is None:
            return Handled.NO_READER
        if await is_reported(connection, message.subscriber_id, mail.report_id):
            return Handled.TAKEN
        location = await find_location_of(connection, message.subscriber_id, mail.message_id)
    if location is None:
        return Handled.NO_READER
    reply_to = location.sender.reply_to
    if is_loop(mail.raw, sender=mail.sender, domain=room.domain, reply_to=reply_to):
        return Handled.LOOP
    forward = make_forward(
        mail.raw,
        sender=mail.sender,
        return_path=f"{room.returns.mint('f', mail.message_id)}@{room.domain}",
        header_from=f"{_REPLIES}@{room.domain}",
        recipient=reply_to,
        business=location.name,
    )
    await room.courier.bring(forward)
    log("mailer.inbound").info("answer_forwarded", message_id=str(mail.message_id), report_id=str(mail.report_id))
    return Handled.TAKEN


def _note_failed_forward(mail: InboundMail) -> Handled:
    """A forwarded answer came back, or the business's mailbox answered it by itself: never sent on, but people must know of a dead one (N-104)."""
    if mail.report.kind is ReportKind.BOUNCE:
        log("mailer.inbound").warning(
            "reply_mailbox_bounced", message_id=str(mail.message_id), reason=mail.report.reason
        )
    return Handled.TAKEN
