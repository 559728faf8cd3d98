"""Mail to the privacy address (S-033, S-035): a clear wish stops everything for the address it came from; the rest becomes a case.

Nothing is ever answered from here, so that there is neither a loop nor an oracle, and nothing happens to anybody whom a mail only speaks of (N-35).
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body

from services.optout.actions.keep_privacy_mail import keep_privacy_mail
from services.optout.channels._channel import Channel
from services.optout.deps import POKED, AVisit
from shared.kit.auth import Caller, only_service
from shared.kit.requests import Transaction
from shared.schemas.optout import PrivacyMailInput, PrivacyMailReceipt

router = APIRouter(tags=["privacy mails"])

CHANNEL: Final = Channel(slug="privacy_mailbox", router=router)

_MAIL_ID: Final = "0192f0c1-7a00-7000-8000-000000000004"
_ADDRESS: Final = "ann@example.com"
_MAIL: Final = {
    "mail_id": _MAIL_ID,
    "received_at": "2026-03-02T17:30:00Z",
    "subject": "",
    "text": "Please unsubscribe me.",
}
_WRITER: Final = {"sender": _ADDRESS, "header_from": _ADDRESS, "attachments": 0, "asks": "optout"}
_RECEIPT: Final = {"mail_id": _MAIL_ID, "result": "kept"}
_ANSWER: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": _RECEIPT}}}}


@router.post("/v1/privacy-mails", responses=_ANSWER, dependencies=[POKED])
async def take_privacy_mail(
    body: Annotated[PrivacyMailInput, Body(examples=[_MAIL | _WRITER])],
    connection: Transaction,
    caller: Annotated[Caller, only_service("mailer")],
    visit: AVisit,
) -> PrivacyMailReceipt:
    """Keep a mail to the privacy mailbox, on file and applied when this answers; a repeat of its `mail_id` changes nothing."""
    return await keep_privacy_mail(connection, mail=body, channel=CHANNEL.slug, parts=visit.parts)
