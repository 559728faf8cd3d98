"""The preference page: kinds of mail on and off, and nothing at all any more (L-012). GET changes nothing, its one button posts the choice.

Switching off goes through the same door as every opt-out. Switching on is the person's own later act and lifts what the page has shown and no more
(S36); the form carries sealed for whom and what that was.
"""

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from services.optout.actions.record_optout import record_optout
from services.optout.actions.show_sender import show_sender
from services.optout.actions.show_topics import show_topics
from services.optout.actions.switch_topics import switch_topics
from services.optout.channels._channel import Channel
from services.optout.deps import AVisit, Visit
from services.optout.domain import preferences
from services.optout.domain.choices import entry_from_link, stable_id
from services.optout.domain.preferences import TopicState
from services.optout.store.spool import OptoutNotKeptError
from shared.kit.auth import Anyone
from shared.kit.logs import log
from shared.kit.pages.forms import HTML_ANSWER, AForm, form_example
from shared.kit.pages.sealed_ids import SealRefusedError
from shared.schemas.mailer import PLATFORM_SENDER
from shared.schemas.token import OptoutToken, TokenRefusedError
from shared.schemas.topics import TOPICS, Topic

router = APIRouter(tags=["consumer"])
_PATH: Final = "/u/{token}/preferences"
_SEAL_LETTERS: Final = 66
_ON: Final = TopicState("on")
_EXAMPLE: Final = {"appointments": "on", "care": "on", "shown": ".".join(["A" * _SEAL_LETTERS] * len(TOPICS))}

CHANNEL: Final = Channel(slug=preferences.CHANNEL, router=router)


@router.get(_PATH, response_class=Response, responses=HTML_ANSWER)
async def show_preferences(token: str, caller: Anyone, visit: AVisit) -> Response:
    """Show each topic as it stands. While that cannot be read, and for mail of our own, lead to the page that stops mail: it works without."""
    try:
        link = visit.open_link(token)
    except TokenRefusedError:
        return visit.parts.pages.unreadable(wanted=visit.wanted)
    to_stop = RedirectResponse(f"/u/{token}", 303)
    if link.subscriber_id == PLATFORM_SENDER:
        return to_stop
    try:
        states = await show_topics(visit.parts.door, link)
    except Exception as error:
        log("optout.preferences").error("topics_unreadable", exc_info=error)
        return to_stop
    sender = await show_sender(visit.parts.api_db, subscriber_id=link.subscriber_id, location_id=link.location_id)
    return visit.parts.pages.preferences(
        action=f"/u/{token}/preferences",
        stands={topic: state.stands for topic, state in states.items()},
        narrowed=any(state.is_narrowed for state in states.values()),
        shown=_seal(visit, link, states),
        hint=link.hint,
        business=sender.business,
        wanted=visit.wanted,
        spoken=sender.language,
    )


@router.post(_PATH, response_class=Response, responses=HTML_ANSWER, openapi_extra=form_example(_EXAMPLE))
async def keep_preferences(token: str, form: AForm, caller: Anyone, visit: AVisit) -> Response:
    """Switch off what is not ticked, and on what is and was off. The answer is the same for every token (S37).

    A form that came incomplete is refused (422) and changes nothing: a missing tick would read as no.
    """
    pages, spoken = visit.parts.pages, form.get("language", "")
    seals = form.get("shown", "").split(".")
    if len(seals) != len(TOPICS) or any(len(seal) not in (0, _SEAL_LETTERS) for seal in seals):
        return pages.preferences_incomplete(wanted=visit.wanted, spoken=spoken)
    offered = {topic: seal for topic, seal in zip(TOPICS, seals, strict=True) if seal}
    try:
        link = visit.open_link(token)
    except TokenRefusedError:
        return pages.preferences_done(wanted=visit.wanted, spoken=spoken)
    if "nothing" in form:
        stops = [entry_from_link(link, preferences.EVERYTHING, channel=CHANNEL.slug, at=visit.now)]
        ticked = {}
    else:
        stops = preferences.stops_by_preferences(link, offered.keys() - form.keys(), at=visit.now)
        ticked = {topic: seal for topic, seal in offered.items() if topic in form}
    try:
        await asyncio.gather(*(record_optout(visit.parts.door, entry=stop, now=visit.now) for stop in stops))
    except OptoutNotKeptError:
        return pages.failed(wanted=visit.wanted, spoken=spoken)
    try:
        await switch_topics(visit.parts.door, link=link, shown=_open(visit, link, ticked), now=visit.now)
    except Exception as error:
        log("optout.preferences").error("topics_not_switched_on", exc_info=error)
        return pages.preferences_failed(wanted=visit.wanted, spoken=spoken)
    return pages.preferences_done(wanted=visit.wanted, spoken=spoken)


def _seal(visit: Visit, link: OptoutToken, states: Mapping[Topic, TopicState]) -> str:
    """Return a seal per topic, empty for one that the page does not offer."""
    seal = visit.parts.links.seal
    return ".".join(
        "" if state.stands == "fixed" else seal("shown", _whom(link), state.digest(topic))
        for topic, state in states.items()
    )


def _open(visit: Visit, link: OptoutToken, seals: Mapping[Topic, str]) -> dict[Topic, UUID]:
    """Return the digests of topics that were off, by seals that are ours and were made for this link's address."""
    shown: dict[Topic, UUID] = {}
    for topic, seal in seals.items():
        try:
            whom, digest = visit.parts.links.open("shown", seal)
        except SealRefusedError:
            continue
        if whom == _whom(link) and digest != _ON.digest(topic):
            shown[topic] = digest
    return shown


def _whom(link: OptoutToken) -> UUID:
    return stable_id("shown", link.subscriber_id, link.location_id, link.address_key)
