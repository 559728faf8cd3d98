"""The page behind the footer link: GET shows it and changes nothing (L-034), its one button posts the choice, the answer offers an undo."""

from typing import Final

from fastapi import APIRouter, Response

from services.optout.actions.record_optout import record_optout
from services.optout.actions.show_sender import show_sender
from services.optout.actions.undo_optout import undo_optout
from services.optout.channels._channel import Channel
from services.optout.deps import AVisit
from services.optout.domain.choices import Choice, choices_for, chosen, entry_from_link, stable_id
from services.optout.store.spool import OptoutNotKeptError
from shared.kit.auth import Anyone
from shared.kit.logs import log
from shared.kit.pages.forms import HTML_ANSWER, AForm
from shared.kit.pages.sealed_ids import SealRefusedError
from shared.schemas.mailer import PLATFORM_SENDER
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
        link = visit.open_link(token)
    except TokenRefusedError:
        return visit.parts.pages.unreadable(wanted=visit.wanted)
    sender = await show_sender(visit.parts.api_db, subscriber_id=link.subscriber_id, location_id=link.location_id)
    return visit.parts.pages.ask(
        action=f"/u/{token}/choice",
        preferences=f"/u/{token}/preferences" if link.subscriber_id != PLATFORM_SENDER else "",
        message_class=link.message_class,
        choices=choices_for(link.message_class),
        hint=link.hint,
        business=sender.business,
        location=sender.location,
        wanted=visit.wanted,
        spoken=sender.language,
    )


@router.post(CHANNEL.post_path, response_class=Response, responses=HTML_ANSWER)
async def stop_by_page(token: str, form: AForm, caller: Anyone, visit: AVisit) -> Response:
    """Stop what was chosen; a form that cannot be read means the default. The answer is the same for every token, with an undo that fits none."""
    spoken = form.get("language", "")
    try:
        link = visit.open_link(token)
    except TokenRefusedError:
        undo = visit.undo_link(stable_id(token), stable_id(token, "no entry"))
        return visit.parts.pages.done(wanted=visit.wanted, spoken=spoken, undo=undo)
    choice = chosen(link.message_class, form.get("choice", ""))
    entry = entry_from_link(link, choice, channel=CHANNEL.slug, at=visit.now)
    try:
        entry_id = await record_optout(visit.parts.door, entry=entry, now=visit.now)
    except OptoutNotKeptError:
        return visit.parts.pages.failed(wanted=visit.wanted, spoken=spoken)
    undo = visit.undo_link(entry.subscriber_id, entry_id)
    return visit.parts.pages.done(wanted=visit.wanted, spoken=spoken, undo=undo)


@router.post("/undo/{token}", response_class=Response, responses=HTML_ANSWER)
async def undo_by_page(token: str, form: AForm, caller: Anyone, visit: AVisit) -> Response:
    """Take back what the page with this button has just stopped. The answer says what holds in every case and is always the same (S37)."""
    spoken = form.get("language", "")
    try:
        subscriber_id, entry_id = visit.parts.links.open("undo", token)
        await undo_optout(visit.parts.door, subscriber_id=subscriber_id, entry_id=entry_id, now=visit.now)
    except SealRefusedError:
        pass
    except Exception as error:
        log("optout.page").error("undo_failed", exc_info=error)
        return visit.parts.pages.failed(wanted=visit.wanted, spoken=spoken)
    return visit.parts.pages.undone(wanted=visit.wanted, spoken=spoken)
