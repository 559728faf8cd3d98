"""Makes a privacy mail that no machine understood a case, or joins it to the one that is open about its writer (S-033, S-141)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.actions.count_tries import count_tries
from services.optout.deps import ServiceParts
from services.optout.domain.case_content import CaseContent
from services.optout.domain.case_periods import OURS
from services.optout.domain.cases import Case
from services.optout.domain.choices import stable_id
from services.optout.domain.entries import PLATFORM
from services.optout.domain.limits import MAILBOX_LIMITS
from services.optout.store.cases import CaseEventRow, add_case, find_open_case, note_event
from shared.kit.db import set_subscriber
from shared.kit.logs import log
from shared.schemas.address import Address
from shared.schemas.optout import PrivacyMailInput

_CHANNEL: Final = "privacy_mailbox"
_EXTENSION: Final = timedelta(days=30)


async def open_mail_case(
    connection: AsyncConnection,
    *,
    mail: PrivacyMailInput,
    writer: Address | None,
    due_at: datetime,
    parts: ServiceParts,
) -> None:
    """Open a case about the writer, never about anybody a mail speaks of (N-35); without a certain writer it has no address and can prove nothing.

    Nothing is mailed: a case worker asks for proof. Beyond MAILBOX_LIMITS no case is opened or joined; the mail waits among the privacy mails.
    """
    now = parts.clock.now()
    keys = parts.address_keys.all_keys_of(writer.folded) if writer else []
    counted = {"address": keys[0] if keys else f"mail:{mail.mail_id}", "subscriber": str(PLATFORM)}
    if await count_tries(parts.door.database, MAILBOX_LIMITS, now=now, **counted):
        log("optout.cases").warning("mailbox_flooded", mail_id=str(mail.mail_id))
        return
    await set_subscriber(connection, PLATFORM)
    event = CaseEventRow(now, _CHANNEL, "mail_received", str(mail.mail_id))
    known = await find_open_case(connection, PLATFORM, keys[0], "unclear") if keys else None
    if known is not None:
        await note_event(connection, PLATFORM, known, event)
        return
    case_id = stable_id("privacy_case", mail.mail_id)
    content = CaseContent(writer.address if writer else "", mail.subject)
    case = Case(
        subscriber_id=PLATFORM,
        case_id=case_id,
        version=1,
        kind="unclear",
        state="open",
        channel=_CHANNEL,
        opened_by=_CHANNEL,
        owner="",
        law=OURS.name,
        language="en",
        location_id=None,
        country=None,
        address_keys=keys,
        person_ids=[],
        sealed=parts.case_seal.close(case_id, content.pack()),
        privacy_mail_id=mail.mail_id,
        opened_at=mail.received_at,
        due_at=due_at,
        latest_at=due_at + _EXTENSION,
    )
    await add_case(connection, case, event)
