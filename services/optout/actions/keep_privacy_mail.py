"""Keeps what somebody wrote to the privacy mailbox, sealed and once; a clear wish to get no mail is applied, anything else becomes a case."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.actions.open_mail_case import open_mail_case
from services.optout.deps import ServiceParts
from services.optout.domain.choices import stable_id
from services.optout.domain.entries import PLATFORM, NewEntry
from services.optout.domain.privacy_requests import judge_privacy_mail, writer_of
from services.optout.store.ledger import append_entries
from services.optout.store.privacy_mails import PrivacyMailRow, add_privacy_mail
from shared.kit.db import set_subscriber
from shared.schemas.optout import PrivacyMailInput, PrivacyMailReceipt


async def keep_privacy_mail(
    connection: AsyncConnection,
    *,
    mail: PrivacyMailInput,
    channel: str,
    parts: ServiceParts,
) -> PrivacyMailReceipt:
    """Keep a mail, open unless all it asked for is done; the same `mail_id` again changes nothing.

    The opt-out is the platform's, of every class (S-035): who writes to the operator is out of everything. Raises OSError (503) when the journal
    cannot be written.
    """
    now, address_keys = parts.clock.now(), parts.address_keys
    verdict = judge_privacy_mail(mail)
    sealed = parts.seal.close(mail.mail_id, mail.model_dump_json().encode())
    writer = writer_of(mail)
    writer_key = address_keys.key_of(writer.folded) if writer else None
    row = PrivacyMailRow(mail.mail_id, mail.received_at, sealed, mail.asks, verdict.due_at, writer_key)
    is_new = await add_privacy_mail(connection, row)
    if is_new and verdict.due_at is not None:
        await open_mail_case(connection, mail=mail, writer=writer, due_at=verdict.due_at, parts=parts)
    if is_new and verdict.stops is not None:
        entries = [
            NewEntry(
                subscriber_id=PLATFORM,
                entry_id=stable_id(channel, mail.mail_id, address_key),
                kind="optout",
                channel=channel,
                evidence=f"privacy_mail:{mail.mail_id}",
                occurred_at=mail.received_at,
                address_key=address_key,
                scope="platform",
                suppression_class="all",
            )
            for address_key in address_keys.all_keys_of(verdict.stops.folded)
        ]
        await set_subscriber(connection, PLATFORM)
        await append_entries(connection, entries, recorded_at=now, journal=parts.door.journal)
    return PrivacyMailReceipt(mail_id=mail.mail_id, result="kept" if is_new else "repeated")
