"""The page behind the link of an appointment mail: confirm it, or ask for another time. Looking changes nothing; one form does."""

from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Request, Response

from services.scheduler.actions.keep_answers import keep_answers
from services.scheduler.actions.name_people import name_people
from services.scheduler.actions.show_announced import show_announced
from services.scheduler.api.given import Given, wanted_language
from services.scheduler.domain.answering import NothingAnsweredError
from shared.kit.auth import Anyone
from shared.kit.logs import log
from shared.kit.pages.forms import HTML_ANSWER, AForm
from shared.kit.pages.sealed_ids import SealRefusedError

router = APIRouter(tags=["consumer"])
_PATH: Final = "/confirm/{token}"


@router.get(_PATH, response_class=Response, responses=HTML_ANSWER)
async def show_page(token: str, request: Request, caller: Anyone, deps: Given) -> Response:
    """Show business, place, times and people of the mail, how each appointment stands now, and the buttons. Scanners may fetch it (N-31)."""
    wanted = wanted_language(request)
    try:
        subscriber_id, message_id = deps.links.open("confirm", token)
    except SealRefusedError:
        return deps.pages.unreadable(wanted=wanted)
    async with deps.api_db.transaction(subscriber_id) as connection:
        shown = await show_announced(
            connection, subscriber_id=subscriber_id, message_id=message_id, now=deps.clock.now()
        )
    if shown is None:
        return deps.pages.unreadable(wanted=wanted)
    people = [day.consumer_id for day in shown.days]
    names = await name_people(deps.ingest, subscriber_id=subscriber_id, consumer_ids=people)
    return deps.pages.ask(action=f"/confirm/{token}", shown=replace(shown, names=names), wanted=wanted)


@router.post(_PATH, response_class=Response, responses=HTML_ANSWER)
async def answer(token: str, form: AForm, request: Request, caller: Anyone, deps: Given) -> Response:
    """Keep each person's answer and say how everything stands now; for a link that is none of ours the same page as its GET (S37).

    A form without an answer is told so (422); what was moved or cancelled since takes none and says so (N-57).
    """
    pages, wanted, spoken, again = deps.pages, wanted_language(request), form.get("language", ""), f"/confirm/{token}"
    try:
        subscriber_id, message_id = deps.links.open("confirm", token)
        shown = await keep_answers(
            deps.api_db, subscriber_id=subscriber_id, message_id=message_id, form=form, now=deps.clock.now()
        )
    except SealRefusedError:
        return pages.unreadable(wanted=wanted)
    except NothingAnsweredError:
        return pages.incomplete(again=again, wanted=wanted, spoken=spoken)
    except Exception as error:
        log("scheduler.confirm").error("answer_not_kept", exc_info=error)
        return pages.failed(again=again, wanted=wanted, spoken=spoken)
    if shown is None:
        return pages.unreadable(wanted=wanted)
    return pages.answered(again=again, shown=shown, wanted=wanted, spoken=spoken)
