"""POST /v1/mail-requests: opt-in confirmations and privacy answers, sent by the mailer (architecture 2)."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from services.optout.actions.request_mail import request_mail
from services.optout.api.asked import Now, worked_answer
from services.optout.api.examples import MAIL_REQUEST, MAIL_REQUEST_ANSWER
from shared.kit.auth import Caller, only_service
from shared.kit.requests import Transaction
from shared.schemas.optout import MailRequestAnswer, MailRequestInput

router = APIRouter(tags=["mail requests"])


@router.post("/v1/mail-requests", responses=worked_answer(MAIL_REQUEST_ANSWER))
async def take_mail_request(
    body: Annotated[MailRequestInput, Body(examples=[MAIL_REQUEST])],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, only_service("portal")],
    now: Now,
) -> MailRequestAnswer:
    """Ask for a mail to somebody who asked for it. The address rests sealed until the mail's time is over; a repeat changes nothing."""
    deps: Any = request.app.state.deps
    return await request_mail(connection, given=body, tokens=deps.tokens, now=now)
