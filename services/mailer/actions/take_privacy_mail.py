"""Hands a mail to the privacy mailbox over to optout, which applies or keeps it; here nothing of it is kept (L-079, S57)."""

from datetime import datetime
from uuid import UUID

from services.mailer.clients.optout import OptoutClient
from services.mailer.smtp.letter import Letter, read_letter
from shared.schemas.optout import PrivacyMailInput


async def take_privacy_mail(
    optout: OptoutClient, *, mail_id: UUID, sender: str, raw: bytes, now: datetime
) -> Letter | None:
    """Hand a person's mail over, once per `mail_id`; None for what no person wrote, which is dropped and never answered.

    Raises OptoutSilentError: the mail stays with the server that brought it.
    """
    letter = read_letter(raw, sender=sender)
    if letter is None:
        return None
    await optout.keep_privacy_mail(
        PrivacyMailInput(
            mail_id=mail_id,
            received_at=now,
            sender=letter.writer,
            subject=letter.subject,
            text=letter.text,
            attachments=letter.attachments,
            header_from=letter.header_from,
            asks=letter.asks,
        )
    )
    return letter
