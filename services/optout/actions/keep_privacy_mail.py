"""Keeps what somebody wrote to the privacy mailbox as an open request, sealed and once."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.sealing import MailSeal
from services.optout.store.privacy_mails import PrivacyMailRow, add_privacy_mail
from shared.schemas.optout import PrivacyMailInput, PrivacyMailReceipt


async def keep_privacy_mail(
    connection: AsyncConnection, *, mail: PrivacyMailInput, seal: MailSeal
) -> PrivacyMailReceipt:
    """Keep a mail; the same `mail_id` again changes nothing."""
    sealed = seal.close(mail.mail_id, mail.model_dump_json().encode())
    is_new = await add_privacy_mail(connection, PrivacyMailRow(mail.mail_id, mail.received_at, sealed))
    return PrivacyMailReceipt(mail_id=mail.mail_id, result="kept" if is_new else "repeated")
