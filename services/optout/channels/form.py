"""The form for who has no mail of ours at hand: an address typed in is out of everything at once, whether we have ever seen it or not (S-030).

Nobody is asked to prove anything, because only stopping can follow; the answer never tells whether the address is known (S37). It is stopped under
every address key there is: a source not heard from since a new key came still goes by an old one. The undo takes back the newest key's.
"""

import asyncio
from typing import Final

from fastapi import APIRouter, Response

from services.optout.actions.count_tries import count_tries
from services.optout.actions.record_optout import record_optout
from services.optout.channels._channel import Channel
from services.optout.deps import AVisit, Visit
from services.optout.domain.choices import stable_id
from services.optout.domain.entries import PLATFORM, NewEntry
from services.optout.domain.limits import FORM_LIMITS
from services.optout.store.spool import OptoutNotKeptError
from shared.kit.auth import Anyone
from shared.kit.logs import log
from shared.kit.pages.forms import HTML_ANSWER, AForm, form_example
from shared.schemas.address import AddressRefusedError, canonical_address

router = APIRouter(tags=["consumer"])
_PATH: Final = "/stop"

CHANNEL: Final = Channel(slug="form", router=router)


@router.get(_PATH, response_class=Response, responses=HTML_ANSWER)
async def show_form(caller: Anyone, visit: AVisit) -> Response:
    """Show the form."""
    return visit.parts.pages.form(wanted=visit.wanted)


@router.post(
    _PATH,
    response_class=Response,
    responses=HTML_ANSWER,
    openapi_extra=form_example({"address": "ann@example.com"}),
)
async def stop_by_form(form: AForm, caller: Anyone, visit: AVisit) -> Response:
    """Stop every mail through Dueback to the address typed in. What is no address is told so; a network that types hundreds has to wait (429)."""
    pages, spoken = visit.parts.pages, form.get("language", "")
    try:
        address = canonical_address(form.get("address", ""))
    except AddressRefusedError:
        return pages.form(wanted=visit.wanted, refused=True)
    try:
        if await count_tries(visit.parts.door.database, FORM_LIMITS, network=visit.network, now=visit.now):
            return pages.too_many(wanted=visit.wanted, spoken=spoken)
    except Exception as error:  # without a database the opt-out is spooled all the same
        log("optout.form").warning("tries_not_counted", exc_info=error)
    entries = [_entry(visit, address_key) for address_key in visit.parts.address_keys.all_keys_of(address.folded)]
    try:
        entry_id, *_ = await asyncio.gather(
            *(record_optout(visit.parts.door, entry=entry, now=visit.now) for entry in entries)
        )
    except OptoutNotKeptError:
        return pages.failed(wanted=visit.wanted, spoken=spoken)
    return pages.form_done(wanted=visit.wanted, spoken=spoken, undo=visit.undo_link(PLATFORM, entry_id))


def _entry(visit: Visit, address_key: str) -> NewEntry:
    return NewEntry(
        subscriber_id=PLATFORM,
        entry_id=stable_id(CHANNEL.slug, address_key),
        kind="optout",
        channel=CHANNEL.slug,
        evidence="page:stop",
        occurred_at=visit.now,
        address_key=address_key,
        scope="platform",
        suppression_class="all",
        by_consumer=True,
    )
