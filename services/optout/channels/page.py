"""The page behind the footer link: GET shows it and changes nothing (L-034), its one button posts the choice."""

import asyncio
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from services.optout.actions.record_optout import record_optout
from services.optout.actions.show_sender import show_sender
from services.optout.channels._channel import HTML_ANSWER, AVisit, Channel
from services.optout.domain.choices import Choice, choices_for, chosen, entry_from_link
from services.optout.store.spool import OptoutNotKeptError
from shared.kit.auth import Anyone
from shared.schemas.token import MessageClass, TokenRefusedError

router = APIRouter(tags=["consumer"])
_PATH: Final = "/u/{token}"


def _default(message_class: MessageClass) -> Choice:
    return choices_for(message_class)[0]


CHANNEL: Final = Channel(slug="page", default=_default, post_path=f"{_PATH}/choice", router=router)


@router.get(_PATH, response_class=Response, responses=HTML_ANSWER)
async def show_page(token: str, caller: Anyone, visit: AVisit) -> Response:
    """Show who writes, the masked address, what can be stopped, and one button. Scanners may fetch it as often as they like (N-31)."""
    try:
        link = visit.parts.tokens.open(token)
    except TokenRefusedError:
        return visit.parts.pages.unreadable(wanted=visit.wanted)
    sender = await show_sender(visit.parts.api_db, subscriber_id=link.subscriber_id, location_id=link.location_id)
    return visit.parts.pages.ask(
        action=f"/u/{token}/choice",
        message_class=link.message_class,
        choices=choices_for(link.message_class),
        hint=link.hint,
        business=sender.business,
        location=sender.location,
        wanted=visit.wanted,
        spoken=sender.language,
    )


@router.post(CHANNEL.post_path, response_class=Response, responses=HTML_ANSWER)
async def stop_by_page(token: str, request: Request, caller: Anyone, visit: AVisit) -> Response:
    """Stop what was chosen; a form that cannot be read means the default. The answer is the same for every token."""
    slug = await _choice_in(request)
    try:
        link = visit.parts.tokens.open(token)
    except TokenRefusedError:
        return visit.parts.pages.done(wanted=visit.wanted)
    choice = chosen(link.message_class, slug) if slug else CHANNEL.default(link.message_class)
    entry = entry_from_link(link, choice, channel=CHANNEL.slug, at=visit.now)
    try:
        await record_optout(visit.parts.door, entry=entry, now=visit.now)
    except OptoutNotKeptError:
        return visit.parts.pages.failed(wanted=visit.wanted)
    return visit.parts.pages.done(wanted=visit.wanted)


async def _choice_in(request: Request) -> str:
    try:
        async with asyncio.timeout(5), request.form(max_files=0, max_fields=20, max_part_size=1024) as form:
            return str(form.get("choice", ""))
    except HTTPException as refused:
        if refused.status_code == 413:
            raise
        return ""
    except (TimeoutError, ValueError):
        return ""
