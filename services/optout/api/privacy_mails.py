"""Privacy mails that wait for a person: the operator reads them. How they come in is a channel (channels/privacy_mailbox.py)."""

from typing import Annotated

from fastapi import APIRouter

from services.optout.actions.read_privacy_mails import read_privacy_mails
from services.optout.api.asked import GivenSeal, worked_answer
from services.optout.api.examples import PRIVACY_MAILS
from shared.kit.auth import Caller, needs
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.optout import PrivacyMail
from shared.schemas.wire import Page

router = APIRouter(tags=["privacy mails"])


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
