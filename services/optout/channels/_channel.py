"""What a channel is: one way to opt out, one file, found by looking; and what its routes take from the running service."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Depends, Request, Response

from services.optout.domain.choices import Choice
from services.optout.store.door import Door
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.schemas.token import MessageClass, TokenKeys

HTML_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {"example": '<!doctype html><html lang="en">…</html>'}}}
}


@dataclass(frozen=True, slots=True)
class Channel:
    """`slug` is written into the ledger; `default` is what it stops when nothing was chosen; `post_path` is where an opt-out is posted."""

    slug: str
    default: Callable[[MessageClass], Choice]
    post_path: str
    router: APIRouter


class PageMaker(Protocol):
    """The pages as routes see them (pages/render.py)."""

    def ask(
        self,
        *,
        action: str,
        message_class: MessageClass,
        choices: tuple[Choice, ...],
        hint: str,
        business: str | None,
        location: str | None,
        wanted: str,
        spoken: str,
    ) -> Response:
        """The page with the button."""
        ...

    def done(self, *, wanted: str) -> Response:
        """The answer to every POST."""
        ...

    def unreadable(self, *, wanted: str) -> Response:
        """The answer to a GET of what is no link of ours."""
        ...

    def failed(self, *, wanted: str) -> Response:
        """The 503 with the other way."""
        ...


class ServiceParts(Protocol):
    """What channels need of the service's Deps."""

    @property
    def clock(self) -> Clock:
        """Business time."""
        ...

    @property
    def api_db(self) -> Database:
        """For the names on the page."""
        ...

    @property
    def door(self) -> Door:
        """Stores and waits."""
        ...

    @property
    def tokens(self) -> TokenKeys:
        """Opens links."""
        ...

    @property
    def pages(self) -> PageMaker:
        """Renders."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a consumer: the service's parts, the time and the languages wanted. Nothing else of it is believed (S35)."""

    parts: ServiceParts
    now: datetime
    wanted: str


async def _visit(request: Request) -> Visit:
    parts: ServiceParts = request.app.state.deps
    return Visit(parts, parts.clock.now(), request.headers.get("accept-language", "")[:200])


AVisit = Annotated[Visit, Depends(_visit)]
