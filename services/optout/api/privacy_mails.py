"""Privacy mails: the mailer hands over what came to the privacy mailbox, the operator reads it."""

from typing import Annotated

from fastapi import APIRouter, Body

from services.optout.actions.keep_privacy_mail import keep_privacy_mail
from services.optout.actions.read_privacy_mails import read_privacy_mails
from services.optout.api.asked import GivenSeal, worked_answer
from services.optout.api.examples import PRIVACY_MAIL, PRIVACY_MAILS, PRIVACY_RECEIPT
from shared.kit.auth import Caller, needs, only_service
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.optout import PrivacyMail, PrivacyMailInput, PrivacyMailReceipt
from shared.schemas.wire import Page

router = APIRouter(tags=["privacy mails"])


@router.post("/v1/privacy-mails", responses=worked_answer(PRIVACY_RECEIPT))
async def take_privacy_mail(
    body: Annotated[PrivacyMailInput, Body(examples=[PRIVACY_MAIL])],
    connection: Transaction,
    caller: Annotated[Caller, only_service("mailer")],
    seal: GivenSeal,
) -> PrivacyMailReceipt:
    """Keep a mail to the privacy mailbox as an open request, on file when this answers; a repeat of its `mail_id` changes nothing."""
    return await keep_privacy_mail(connection, mail=body, seal=seal)


@router.get("/v1/privacy-mails", responses=worked_answer(PRIVACY_MAILS))
async def list_privacy_mails(
    connection: Transaction,
    caller: Annotated[Caller, needs("operator")],
    seal: GivenSeal,
    limit: Limit = 50,
    after: After = None,
) -> Page[PrivacyMail]:
    """Read the open requests, oldest first: they are platform-wide, so only the operator may."""
    return await read_privacy_mails(connection, seal=seal, after=after, limit=limit)
