"""Preparing a claimed message: open its seal, look at it again, render and compose. Pure CPU once its batch is warmed up."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.mailer.content.environment import FieldMissingError
from services.mailer.content.fields import UnfitFieldsError
from services.mailer.content.notices import write_sender_fields
from services.mailer.content.render import Renderer, RenderFailedError
from services.mailer.domain.contents import CompiledContent
from services.mailer.domain.moves import Move
from services.mailer.domain.readiness import judge_readiness
from services.mailer.domain.sealing import seal_place
from services.mailer.domain.states import State
from services.mailer.smtp.compose import Letter, SenderLines, Skeleton
from services.mailer.smtp.envelope import Envelope, UnfitEnvelopeError
from services.mailer.smtp.headers import UnfitHeaderError
from services.mailer.smtp.verp import ReturnAddresses
from services.mailer.store.claiming import ClaimedMessage
from services.mailer.store.reading import find_contents, find_locations
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys, FieldCipher, UndecryptableError
from shared.kit.db import Database
from shared.schemas.address import Address
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.token import MessageClass, OptoutToken, TokenKeys

_MOST_KEPT: Final = 2000
"""Skeletons and renderers kept ready, about 20 kB each, and locations: more than there can be messages in a worker's hands."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message ready for the wire."""

    message: ClaimedMessage
    envelope: Envelope
    data: bytes
    sha256: bytes


class UnsendableError(Exception):
    """This message cannot or must not go now; `move` says what becomes of it. The others go (N-98)."""

    def __init__(self, move: Move) -> None:
        super().__init__(move.reason)
        self.move = move


@dataclass(frozen=True, slots=True)
class Sending:
    """What is the same for every message of an installation."""

    tokens: TokenKeys
    returns: ReturnAddresses
    optout_url: str
    mail_domain: str
    operator: str


class Preparer:
    """Prepares messages; `warm` loads what a batch needs, then `prepare` touches no database."""

    def __init__(self, database: Database, keys: DataKeys, sending: Sending, clock: Clock) -> None:
        self._database, self._keys, self._sending, self._clock = database, keys, sending, clock
        self._ciphers: dict[UUID, FieldCipher] = {}
        self._contents: dict[UUID, CompiledContent] = {}
        self._locations: dict[UUID, tuple[LocationFacts, SubscriberFacts | None]] = {}
        self._kits: dict[
            tuple[UUID, UUID], tuple[tuple[LocationFacts, SubscriberFacts | None], Renderer, Skeleton]
        ] = {}

    async def warm(self, messages: Sequence[ClaimedMessage]) -> None:
        """Load data keys, contents and the present facts of locations for a batch."""
        contents = {message.content_id for message in messages} - self._contents.keys()
        async with self._database.transaction() as connection:
            for subscriber_id in {message.subscriber_id for message in messages} - self._ciphers.keys():
                self._ciphers[subscriber_id] = await self._keys.cipher(connection, subscriber_id)
            self._contents |= await find_contents(connection, contents)
            found = await find_locations(connection, {message.location_id for message in messages})
        self._keep_locations(found)
        if len(self._kits) > _MOST_KEPT:
            self._kits.clear()

    def _keep_locations(self, found: Mapping[UUID, tuple[LocationFacts, SubscriberFacts | None]]) -> None:
        """Keep the newest: messages of the batches before this one still wait to be prepared.

        Facts that are still the same stay the same objects, so that `_kit` need not compare them for every message.
        """
        for location_id, facts in found.items():
            known = self._locations.pop(location_id, None)
            self._locations[location_id] = known if known is not None and known == facts else facts
        for location_id in list(self._locations)[:-_MOST_KEPT]:
            del self._locations[location_id]

    def prepare(self, message: ClaimedMessage) -> Prepared:
        """Return the message ready for the wire or raise UnsendableError."""
        now = self._clock.now()
        readiness = judge_readiness(now=now, useful_until=message.useful_until, recheck_after=message.recheck_after)
        if readiness != "go":
            raise UnsendableError(Move(State(readiness), "too_late" if readiness == "expired" else "waited_too_long"))
        renderer, skeleton = self._kit(message)
        address, fields = self._open(message)
        try:
            url = self._optout_url(message, address)
            words = renderer.render(fields, url)
            letter = Letter(message.message_id, address, words.subject, words.text, words.html, now, url)
            composed = skeleton.compose(letter)
            envelope = Envelope(skeleton.sender_of(message.message_id), address, len(composed.data))
        except FieldMissingError:
            raise UnsendableError(Move(State.FAILED, "field_missing")) from None
        except (UnfitFieldsError, RenderFailedError):
            raise UnsendableError(Move(State.FAILED, "fields_unfit")) from None
        except UnfitHeaderError:
            raise UnsendableError(Move(State.FAILED, "header_unfit")) from None
        except UnfitEnvelopeError:
            raise UnsendableError(Move(State.FAILED, "address_unfit")) from None
        return Prepared(message, envelope, composed.data, composed.sha256)

    def _kit(self, message: ClaimedMessage) -> tuple[Renderer, Skeleton]:
        facts = self._locations.get(message.location_id)
        if facts is None or facts[0].state != "live" or facts[1] is None or not facts[1].active:
            raise UnsendableError(Move(State.RECHECK, "location_not_live"))
        content = self._contents.get(message.content_id)
        if content is None:
            raise UnsendableError(Move(State.FAILED, "content_missing"))
        key = (message.location_id, message.content_id)
        kept = self._kits.get(key)
        if kept is None or kept[0] is not facts:
            try:
                kept = (facts, *self._make_kit(facts[0], content))
            except UnfitHeaderError:
                raise UnsendableError(Move(State.FAILED, "sender_unfit")) from None
            self._kits[key] = kept
        return kept[1], kept[2]

    def _make_kit(self, location: LocationFacts, content: CompiledContent) -> tuple[Renderer, Skeleton]:
        sender = write_sender_fields(
            language=content.language,
            operator=self._sending.operator,
            business_name=location.name,
            location_name=location.name,
            phone=location.phone,
            website=location.website,
            postal_address=location.postal_address.one_line(),
        )
        lines = SenderLines(
            location.name,
            location.sender.header_from,
            location.sender.reply_to,
            f"{content.message_class}.{location.location_id.hex}.{self._sending.mail_domain}",
            self._sending.mail_domain,
        )
        return Renderer(content, sender), Skeleton(lines, self._sending.returns)

    def _open(self, message: ClaimedMessage) -> tuple[str, dict[str, object]]:
        try:
            plain = json.loads(
                self._ciphers[message.subscriber_id].decrypt(message.sealed or b"", seal_place(message.message_id))
            )
        except UndecryptableError:
            raise UnsendableError(Move(State.FAILED, "shredded")) from None
        return plain["address"], plain["fields"]

    def _optout_url(self, message: ClaimedMessage, address: str) -> str:
        message_class: MessageClass = "commercial" if message.message_class == "commercial" else "transactional"
        token = OptoutToken(
            message.subscriber_id,
            message.location_id,
            message.message_id,
            message_class,
            message.address_key,
            Address(address, "").masked,
        )
        return f"{self._sending.optout_url}/u/{self._sending.tokens.seal(token)}"
