"""One-click opt-out (RFC 8058): a mail program POSTs to the List-Unsubscribe address; no cookie, no redirect, nobody to ask.

The token in the address says everything, so the body is never read: urlencoded, multipart and empty ones have the same effect.
"""

from typing import Final

from fastapi import APIRouter, Response

from services.optout.actions.record_optout import record_optout
from services.optout.channels._channel import Channel
from services.optout.deps import AVisit
from services.optout.domain.choices import Choice, choices_for, entry_from_link
from shared.kit.auth import Anyone
from shared.kit.pages.forms import HTML_ANSWER
from shared.schemas.token import MessageClass, TokenRefusedError

router = APIRouter(tags=["consumer"])
_PATH: Final = "/u/{token}"


def _default(message_class: MessageClass) -> Choice:
    return choices_for(message_class)[0]


CHANNEL: Final = Channel(slug="one_click", default=_default, post_path=_PATH, router=router)


@router.post(
    _PATH,
    response_class=Response,
    responses=HTML_ANSWER,
)
async def stop_by_one_click(token: str, caller: Anyone, visit: AVisit) -> Response:
    """Stop the mail this link belongs to and answer when it has stopped: 200 for every token, so that nobody learns anything (L-036, S37).

    503 `optout_not_kept` with a `mailto` when nothing could be stored.
    """
    try:
        link = visit.open_link(token)
    except TokenRefusedError:
        return visit.parts.pages.done(wanted=visit.wanted)
    entry = entry_from_link(link, _default(link.message_class), channel=CHANNEL.slug, at=visit.now)
    await record_optout(visit.parts.door, entry=entry, now=visit.now)
    return visit.parts.pages.done(wanted=visit.wanted)
