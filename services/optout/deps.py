"""What consumers' routes take from the running service: its parts, the visit, and the form that was sent."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Annotated, Final, Protocol
from uuid import UUID

from fastapi import Depends, Request, Response

from services.optout.domain.choices import Choice
from services.optout.domain.door_links import DoorLinks
from services.optout.domain.sealing import MailSeal
from services.optout.store.door import Door
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.schemas.address import AddressKeys
from shared.schemas.privacy_cases import CaseKind
from shared.schemas.token import MessageClass, OptoutToken, TokenKeys, TokenRefusedError
from shared.schemas.topics import Topic


class PageMaker(Protocol):
    """The pages as routes see them (pages/render.py). `wanted` is Accept-Language, `spoken` the language where it names none of ours."""

    def ask(
        self,
        *,
        action: str,
        preferences: str,
        message_class: MessageClass,
        choices: tuple[Choice, ...],
        hint: str,
        business: str | None,
        location: str | None,
        wanted: str,
        spoken: str,
    ) -> Response:
        """The page with the button; `preferences` leads to the page of topics, empty where there is none."""
        ...

    def preferences(
        self,
        *,
        action: str,
        stands: Mapping[Topic, str],
        narrowed: bool,
        shown: str,
        hint: str,
        business: str | None,
        wanted: str,
        spoken: str,
    ) -> Response:
        """The page of topics: each `on`, `off` or `fixed`; `narrowed`: advertising has been stopped; `shown` goes into the form."""
        ...

    def preferences_done(self, *, wanted: str, spoken: str) -> Response:
        """The answer to every POST of topics."""
        ...

    def preferences_incomplete(self, *, wanted: str, spoken: str) -> Response:
        """The 422 for a form of which a part is missing."""
        ...

    def preferences_failed(self, *, wanted: str, spoken: str) -> Response:
        """The 503 where topics were switched off but none could be switched on."""
        ...

    def done(self, *, wanted: str, spoken: str = "en", undo: str = "") -> Response:
        """The answer to every POST of a link; `undo` is where its taking back is posted."""
        ...

    def undone(self, *, wanted: str, spoken: str) -> Response:
        """The answer to every POST of an undo."""
        ...

    def form(self, *, wanted: str, refused: bool = False) -> Response:
        """The form for an address; `refused`: what was sent is none."""
        ...

    def form_done(self, *, wanted: str, spoken: str, undo: str) -> Response:
        """The answer to every address."""
        ...

    def join(
        self, *, action: str, business: str, location: str, wanted: str, spoken: str, shared: bool, wrong: str = ""
    ) -> Response:
        """The sign-up form; `shared`: the device serves many people; `wrong`: `address` or `agree`, what is missing (422)."""
        ...

    def wording(self, *, business: str, language: str) -> tuple[str, str]:
        """The language that is spoken for `language`, and what the sign-up form makes people agree to in it."""
        ...

    def joined(self, *, again: str, wanted: str, spoken: str) -> Response:
        """The answer to every address that signed up."""
        ...

    def confirm(self, *, action: str, business: str | None, wanted: str, spoken: str) -> Response:
        """The page behind the confirmation mail's link, with its one button."""
        ...

    def confirmed(self, *, wanted: str, spoken: str) -> Response:
        """The answer to every confirmation."""
        ...

    def case_words(self, *, kind: CaseKind, business: str | None, language: str) -> tuple[str, str]:
        """The language that is spoken for `language`, and what a privacy case asks for in it."""
        ...

    def prove(self, *, action: str, kind: CaseKind, business: str | None, wanted: str, spoken: str) -> Response:
        """The page behind the link of a privacy case, with its one button."""
        ...

    def proven(self, *, wanted: str, spoken: str) -> Response:
        """The answer to every proof."""
        ...

    def unreadable(self, *, wanted: str) -> Response:
        """The answer to a GET of what is no link of ours."""
        ...

    def failed(self, *, wanted: str, spoken: str = "en") -> Response:
        """The 503 with the other way."""
        ...

    def too_many(self, *, wanted: str, spoken: str = "en") -> Response:
        """The 429 with the other way."""
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
        """Opens links of mails."""
        ...

    @property
    def links(self) -> DoorLinks:
        """Seals and opens the pages' own links."""
        ...

    @property
    def address_keys(self) -> AddressKeys:
        """Hashes addresses that people type."""
        ...

    @property
    def seal(self) -> MailSeal:
        """Seals what people wrote to the privacy mailbox."""
        ...

    @property
    def signup_seal(self) -> MailSeal:
        """Seals the addresses of sign-ups."""
        ...

    @property
    def case_seal(self) -> MailSeal:
        """Seals who a privacy case is about and what they said."""
        ...

    @property
    def disclosure_seal(self) -> MailSeal:
        """Seals what an authority demands."""
        ...

    @property
    def public_url(self) -> str:
        """Where consumers reach this service."""
        ...

    @property
    def policy_version(self) -> str:
        """The privacy policy that sign-ups agree to."""
        ...

    @property
    def pages(self) -> PageMaker:
        """Renders."""
        ...

    def network_of(self, peer: str, forwarded: str) -> str:
        """Hash the network a request comes from (S30)."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a consumer: the service's parts, the time, the languages wanted and the network, hashed. Nothing else is believed (S35)."""

    parts: ServiceParts
    now: datetime
    wanted: str
    network: str

    def open_link(self, token: str) -> OptoutToken:
        """Return what a mail's link says; raise TokenRefusedError for what is none of ours. Both are counted, for people to look at (N-112)."""
        link_use, now = self.parts.door.link_use, monotonic()
        try:
            link = self.parts.tokens.open(token)
        except TokenRefusedError:
            link_use.note_refused(at=now)
            raise
        link_use.note_opened(self.network, at=now)
        return link

    def undo_link(self, subscriber_id: UUID, entry_id: UUID) -> str:
        """Return where this entry's undo is posted."""
        return f"/undo/{self.parts.links.seal('undo', subscriber_id, entry_id)}"


async def _visit(request: Request) -> Visit:
    parts: ServiceParts = request.app.state.deps
    peer = request.client.host if request.client else ""
    network = parts.network_of(peer, request.headers.get("x-forwarded-for", "")[:1000])
    return Visit(parts, parts.clock.now(), request.headers.get("accept-language", "")[:200], network)


AVisit = Annotated[Visit, Depends(_visit)]


async def poke_after_commit(request: Request) -> AsyncIterator[None]:
    """Wake the waiting followers. Entered before the route's transaction and so left after its commit, when there is something to see."""
    yield
    parts: ServiceParts = request.app.state.deps
    parts.door.watch.poke()


POKED: Final = Depends(poke_after_commit, scope="function")
