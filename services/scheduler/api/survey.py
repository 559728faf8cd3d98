"""The page behind the link of a survey's mail: a score from 0 to 10 and a comment. Looking changes nothing; one form does."""

from typing import Final

from fastapi import APIRouter, Request, Response

from services.scheduler.actions.keep_survey_answer import keep_survey_answer
from services.scheduler.actions.show_survey import show_survey
from services.scheduler.api.given import Given, wanted_language
from services.scheduler.domain.survey import CommentTooLongError, ScoreMissingError
from shared.kit.auth import Anyone
from shared.kit.logs import log
from shared.kit.pages.forms import HTML_ANSWER, AForm
from shared.kit.pages.sealed_ids import SealRefusedError

router = APIRouter(tags=["consumer"])
_PATH: Final = "/survey/{token}"


@router.get(_PATH, response_class=Response, responses=HTML_ANSWER)
async def show_page(token: str, request: Request, caller: Anyone, deps: Given) -> Response:
    """Show who asks, about which day, and the scale, with the score on file. Scanners may fetch it (N-31)."""
    wanted = wanted_language(request)
    try:
        subscriber_id, message_id = deps.links.open("survey", token)
    except SealRefusedError:
        return deps.pages.unreadable(wanted=wanted)
    async with deps.api_db.transaction(subscriber_id) as connection:
        shown = await show_survey(connection, subscriber_id=subscriber_id, message_id=message_id)
    if shown is None:
        return deps.pages.unreadable(wanted=wanted)
    return deps.pages.survey(action=f"/survey/{token}", shown=shown, wanted=wanted)


@router.post(_PATH, response_class=Response, responses=HTML_ANSWER)
async def answer(token: str, form: AForm, request: Request, caller: Anyone, deps: Given) -> Response:
    """Keep the answer and thank for it; for a link that is none of ours the same page as its GET (S37). A later answer takes the place of this one.

    Without a score, or with a comment of more than 2,000 letters, nothing is kept and the page says so (422).
    """
    pages, wanted, spoken, again = deps.pages, wanted_language(request), form.get("language", ""), f"/survey/{token}"
    try:
        subscriber_id, message_id = deps.links.open("survey", token)
        shown = await keep_survey_answer(
            deps.api_db,
            keys=deps.data_keys,
            subscriber_id=subscriber_id,
            message_id=message_id,
            form=form,
            now=deps.clock.now(),
        )
    except SealRefusedError:
        return pages.unreadable(wanted=wanted)
    except (ScoreMissingError, CommentTooLongError) as refused:
        return pages.survey_refused(code=refused.code, again=again, wanted=wanted, spoken=spoken)
    except Exception as error:
        log("scheduler.survey").error("answer_not_kept", exc_info=error)
        return pages.failed(again=again, wanted=wanted, spoken=spoken)
    if shown is None:
        return pages.unreadable(wanted=wanted)
    return pages.survey_done(again=again, shown=shown, wanted=wanted, spoken=spoken)
