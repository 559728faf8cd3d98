"""The page behind the link that proves whose a privacy case is: looking changes nothing, one button does (S31, S36)."""

from typing import Final

from fastapi import APIRouter, Response

from services.optout.actions.find_proof import find_proof
from services.optout.actions.prove_case import prove_case
from services.optout.actions.show_sender import show_sender
from services.optout.deps import AVisit
from shared.kit.auth import Anyone
from shared.kit.logs import log
from shared.kit.pages.forms import HTML_ANSWER, AForm
from shared.kit.pages.sealed_ids import SealRefusedError

router = APIRouter(tags=["consumer"])
_PATH: Final = "/prove/{token}"


@router.get(_PATH, response_class=Response, responses=HTML_ANSWER)
async def show_proof(token: str, caller: Anyone, visit: AVisit) -> Response:
    """Show what was asked and the button; one page for a link that is none of ours, was used, or was replaced by a newer mail's."""
    try:
        subscriber_id, proof_id = visit.parts.links.open("prove", token)
    except SealRefusedError:
        return visit.parts.pages.unreadable(wanted=visit.wanted)
    case = await find_proof(visit.parts.door.database, subscriber_id=subscriber_id, proof_id=proof_id, now=visit.now)
    if case is None:
        return visit.parts.pages.proven(wanted=visit.wanted, spoken="en")
    sender = await show_sender(
        visit.parts.api_db, subscriber_id=subscriber_id, location_id=case.location_id or subscriber_id
    )
    return visit.parts.pages.prove(
        action=f"/prove/{token}", kind=case.kind, business=sender.business, wanted=visit.wanted, spoken=case.language
    )


@router.post(_PATH, response_class=Response, responses=HTML_ANSWER)
async def prove(token: str, form: AForm, caller: Anyone, visit: AVisit) -> Response:
    """Take the proof and carry out what was asked. The answer says what holds in every case: proven now, before, or too late."""
    spoken = form.get("language", "")
    try:
        subscriber_id, proof_id = visit.parts.links.open("prove", token)
        await prove_case(visit.parts.door, subscriber_id=subscriber_id, proof_id=proof_id, clock=visit.parts.clock)
    except SealRefusedError:
        pass
    except Exception as error:
        log("optout.prove").error("proof_failed", exc_info=error)
        return visit.parts.pages.failed(wanted=visit.wanted, spoken=spoken)
    return visit.parts.pages.proven(wanted=visit.wanted, spoken=spoken)
