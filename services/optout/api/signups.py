"""Sign-ups for the front desk: a location's link, its QR code, and who has confirmed an address (S-004)."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.optout.actions.find_signup_place import SignupPlace, find_signup_place
from services.optout.actions.list_signups import list_signups
from services.optout.api.asked import worked_answer
from services.optout.api.examples import SIGNUP_LINK, SIGNUPS
from services.optout.domain.qr_code import draw_qr_code
from shared.kit.auth import Caller, needs
from shared.kit.errors import NotFoundError
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.signups import Signup, SignupLink
from shared.schemas.wire import Page

router = APIRouter(tags=["sign-ups"])
_SVG: Final = "image/svg+xml"
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {_SVG: {"example": "<svg>…</svg>"}}}}
Staff = Annotated[Caller, needs("optouts")]


async def _place(request: Request, location_id: UUID, caller: Staff) -> tuple[SignupPlace, SignupLink]:
    """Return the caller's location and its links; anybody else's is as unknown as none."""
    deps: Any = request.app.state.deps
    place = await find_signup_place(deps.api_db, subscriber_id=caller.subscriber, location_id=location_id)
    if place is None or not caller.covers(location_id):
        raise NotFoundError
    url = f"{deps.public_url}/join/{deps.links.seal('join', caller.subscriber, location_id)}"
    return place, SignupLink(location_id=location_id, url=url, shared_device_url=f"{url}?shared=true")


APlace = Annotated[tuple[SignupPlace, SignupLink], Depends(_place)]


@router.get("/v1/locations/{location_id}/signup-link", responses=worked_answer(SIGNUP_LINK))
async def show_signup_link(caller: Staff, found: APlace) -> SignupLink:
    """Show where consumers sign up for a location's mail."""
    return found[1]


@router.get("/v1/locations/{location_id}/signup-qr", response_class=Response, responses=_PICTURE)
async def show_signup_qr(caller: Staff, found: APlace) -> Response:
    """Draw the link as a QR code (SVG), to be printed or shown at the counter."""
    place, link = found
    return Response(draw_qr_code(link.url, f"{place.business}: {place.location}"), media_type=_SVG)


@router.get("/v1/signups", responses=worked_answer(SIGNUPS))
async def show_signups(
    request: Request,
    connection: Transaction,
    caller: Staff,
    location_id: Annotated[UUID | None, Query(description="only this location's")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Signup]:
    """List addresses whose owners have confirmed their sign-up in the last 90 days, oldest first, for the practice or shop system."""
    if location_id is not None and not caller.covers(location_id):
        raise NotFoundError
    locations = [location_id] if location_id else sorted(caller.location_ids)
    seal = request.app.state.deps.signup_seal
    return await list_signups(
        connection, subscriber_id=caller.subscriber, locations=locations, seal=seal, after=after, limit=limit
    )
