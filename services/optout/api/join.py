"""The consumer's way in: a location's sign-up page, and the page behind the confirmation mail's link (double opt-in; S-004, S41, S42)."""

from typing import Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Response

from services.optout.actions.confirm_signup import confirm_signup
from services.optout.actions.count_tries import count_tries
from services.optout.actions.find_signup_place import SignupPlace, find_signup_place
from services.optout.actions.request_signup import request_signup
from services.optout.actions.show_sender import show_sender
from services.optout.deps import AVisit, Visit
from services.optout.domain.limits import SIGNUP_LIMITS, Dimension
from shared.kit.auth import Anyone
from shared.kit.logs import log
from shared.kit.pages.forms import HTML_ANSWER, AForm
from shared.kit.pages.sealed_ids import SealRefusedError
from shared.schemas.address import Address, AddressRefusedError, canonical_address

router = APIRouter(tags=["consumer"])
_PATH: Final = "/join/{token}"


@router.get(_PATH, response_class=Response, responses=HTML_ANSWER)
async def show_signup(token: str, caller: Anyone, visit: AVisit, shared: bool = False) -> Response:
    """Show the sign-up form. `shared`: a tablet that serves many people."""
    found = await _place_of(visit, token)
    if found is None:
        return visit.parts.pages.unreadable(wanted=visit.wanted)
    return _ask(visit, token, found[2], shared=shared, spoken=found[2].language)


@router.post(_PATH, response_class=Response, responses=HTML_ANSWER)
async def sign_up(token: str, form: AForm, caller: Anyone, visit: AVisit, shared: bool = False) -> Response:
    """Send a confirmation mail to the address, at most three a day to one address over all businesses (S42).

    What is no address, or a box not ticked, is told so. Else the answer is the same for every address: known, opted out, or over its limit (S37).
    """
    pages, spoken = visit.parts.pages, form.get("language", "")
    found = await _place_of(visit, token)
    if found is None:
        return pages.unreadable(wanted=visit.wanted)
    subscriber_id, location_id, place = found
    try:
        address = canonical_address(form.get("address", ""))
    except AddressRefusedError:
        return _ask(visit, token, place, shared=shared, spoken=spoken, wrong="address")
    if form.get("agree") != "yes":
        return _ask(visit, token, place, shared=shared, spoken=spoken, wrong="agree")
    address_key = visit.parts.address_keys.key_of(address.folded)
    over = await _count(visit, location_id, address_key)
    if over - {"address"}:
        return pages.too_many(wanted=visit.wanted, spoken=spoken)
    if not over:
        await _request(visit, subscriber_id, location_id, place, address, address_key, spoken)
    return pages.joined(again=f"/join/{token}?shared=true" if shared else "", wanted=visit.wanted, spoken=spoken)


@router.get("/confirm/{token}", response_class=Response, responses=HTML_ANSWER)
async def show_confirmation(token: str, caller: Anyone, visit: AVisit) -> Response:
    """Show the button that confirms; looking confirms nothing, so that a scanner of links consents for nobody (S41)."""
    try:
        subscriber_id, _ = visit.parts.links.open("confirm", token)
    except SealRefusedError:
        return visit.parts.pages.unreadable(wanted=visit.wanted)
    sender = await show_sender(visit.parts.api_db, subscriber_id=subscriber_id, location_id=subscriber_id)
    return visit.parts.pages.confirm(
        action=f"/confirm/{token}", business=sender.business, wanted=visit.wanted, spoken=sender.language
    )


@router.post("/confirm/{token}", response_class=Response, responses=HTML_ANSWER)
async def confirm(token: str, form: AForm, caller: Anyone, visit: AVisit) -> Response:
    """Put the consent on file. The answer says what holds in every case: confirmed now, before, or too late."""
    spoken = form.get("language", "")
    try:
        subscriber_id, signup_id = visit.parts.links.open("confirm", token)
        await confirm_signup(visit.parts.door, subscriber_id=subscriber_id, signup_id=signup_id, now=visit.now)
    except SealRefusedError:
        pass
    except Exception as error:
        log("optout.join").error("confirmation_failed", exc_info=error)
        return visit.parts.pages.failed(wanted=visit.wanted, spoken=spoken)
    return visit.parts.pages.confirmed(wanted=visit.wanted, spoken=spoken)


async def _place_of(visit: Visit, token: str) -> tuple[UUID, UUID, SignupPlace] | None:
    """Return subscriber, location and place of a sign-up link; None for what is none, or one that no longer takes sign-ups."""
    try:
        subscriber_id, location_id = visit.parts.links.open("join", token)
    except SealRefusedError:
        return None
    place = await find_signup_place(visit.parts.api_db, subscriber_id=subscriber_id, location_id=location_id)
    return (subscriber_id, location_id, place) if place else None


def _ask(visit: Visit, token: str, place: SignupPlace, *, shared: bool, spoken: str, wrong: str = "") -> Response:
    return visit.parts.pages.join(
        action=f"/join/{token}" + ("?shared=true" if shared else ""),
        business=place.business,
        location=place.location,
        wanted=visit.wanted,
        spoken=spoken,
        shared=shared,
        wrong=wrong,
    )


async def _count(visit: Visit, location_id: UUID, address_key: str) -> set[Dimension]:
    return await count_tries(
        visit.parts.door.database,
        SIGNUP_LIMITS,
        now=visit.now,
        network=visit.network,
        location=str(location_id),
        address=address_key,
    )


async def _request(
    visit: Visit,
    subscriber_id: UUID,
    location_id: UUID,
    place: SignupPlace,
    address: Address,
    address_key: str,
    spoken: str,
) -> None:
    signup_id = uuid4()
    language, wording = visit.parts.pages.wording(business=place.business, language=spoken)
    link = visit.parts.links.seal("confirm", subscriber_id, signup_id)
    await request_signup(
        visit.parts.api_db,
        subscriber_id=subscriber_id,
        signup_id=signup_id,
        location_id=location_id,
        address=address,
        address_key=address_key,
        language=language,
        wording=wording,
        policy_version=visit.parts.policy_version,
        network=visit.network,
        business=place.business,
        confirm_url=f"{visit.parts.public_url}/confirm/{link}",
        seal=visit.parts.signup_seal,
        tokens=visit.parts.tokens,
        now=visit.now,
    )
