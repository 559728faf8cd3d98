"""Preparing a claimed message: open its seal, look at it again, render and compose. Pure CPU once its batch is warmed up."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from pydantic_core import from_json

from services.mailer.content.environment import FieldMissingError
from services.mailer.content.fields import UnfitFieldsError
from services.mailer.content.render import RenderFailedError
from services.mailer.delivery.signing import Draft, SenderHeldError, Signers
from services.mailer.delivery.writing import Sending, Writer, make_writer
from services.mailer.domain.contents import CompiledContent
from services.mailer.domain.moves import Move
from services.mailer.domain.pace_keys import make_sender_key
from services.mailer.domain.readiness import judge_readiness
from services.mailer.domain.sealing import seal_place
from services.mailer.domain.sender_domain import domain_of
from services.mailer.domain.states import State
from services.mailer.smtp.calendar import write_calendar
from services.mailer.smtp.compose import Letter
from services.mailer.smtp.dkim import DkimSigner
from services.mailer.smtp.envelope import Envelope, UnfitEnvelopeError
from services.mailer.smtp.headers import UnfitHeaderError
from services.mailer.store.claiming import ClaimedMessage
from services.mailer.store.evidence import keep_sender_facts
from services.mailer.store.reading import find_contents, find_locations
from services.mailer.store.sender_domains import DomainId
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys, FieldCipher, UndecryptableError
from shared.kit.db import Database
from shared.schemas.calendar import CalendarEntry
from shared.schemas.location import LocationFacts, SubscriberFacts

_MOST_KEPT: Final = 2000
"""Skeletons and renderers kept ready, about 20 kB each, and locations: more than there can be messages in a worker's hands."""
_FRESH: Final = timedelta(minutes=1)
"""A message signed ahead that waited longer is composed again: its Date and its signature should say when it left."""
_BREATH: Final = 16
"""Messages drafted before the event loop gets a turn: 2 ms."""


class Prepared(NamedTuple):
    """A message ready for the wire."""

    message: ClaimedMessage
    envelope: Envelope
    data: bytes
    sha256: bytes


class Sealed(NamedTuple):
    """What one message's seal holds."""

    address: str
    fields: dict[str, object]
    calendar: list[CalendarEntry]


class UnsendableError(Exception):
    """This message cannot or must not go now; `move` says what becomes of it. The others go (N-98)."""

    def __init__(self, move: Move) -> None:
        super().__init__(move.reason)
        self.move = move


@dataclass(frozen=True, slots=True)
class _Kit:
    """What the messages of one location and content share."""

    facts: tuple[LocationFacts, SubscriberFacts | None]
    writer: Writer
    domain_id: DomainId


class Preparer:
    """Prepares messages; `warm` loads what a batch needs, `sign_ahead` has threads sign it, and `prepare` touches no database."""

    def __init__(self, database: Database, keys: DataKeys, sending: Sending, clock: Clock) -> None:
        self._database, self._keys, self._sending, self._clock = database, keys, sending, clock
        self._ciphers: dict[UUID, FieldCipher] = {}
        self._contents: dict[UUID, CompiledContent] = {}
        self._locations: dict[UUID, tuple[LocationFacts, SubscriberFacts | None]] = {}
        self._kits: dict[tuple[UUID, UUID, bool], _Kit] = {}
        self._signers = Signers(is_required=sending.must_sign)
        self._ahead: dict[UUID, Draft] = {}

    async def warm(self, messages: Sequence[ClaimedMessage]) -> None:
        """Load data keys, contents, signing keys and the present facts of locations for a batch."""
        contents = {message.content_id for message in messages} - self._contents.keys()
        async with self._database.transaction() as connection:
            for subscriber_id in {message.subscriber_id for message in messages} - self._ciphers.keys():
                with suppress(UndecryptableError):  # its own messages fail one by one, the batch goes on
                    self._ciphers[subscriber_id] = await self._keys.cipher(connection, subscriber_id)
            self._contents |= await find_contents(connection, contents)
            found = await find_locations(connection, {message.location_id for message in messages})
            found |= {facts[0].location_id: facts for facts in [self._sending.platform] if facts}
            senders = {(message.subscriber_id, message.location_id) for message in messages}
            domains = {
                (owner, _domain_of(found[place][0]))
                for owner, place in senders
                if place in found and owner in self._ciphers
            }
            await self._signers.warm(connection, domains, self._ciphers)
            new = [facts[0] for place, facts in found.items() if self._locations.get(place) != facts]
            await keep_sender_facts(connection, new, now=self._clock.now())
        self._keep_locations(found)
        if len(self._kits) > _MOST_KEPT:
            self._kits.clear()

    def sender_of(self, message: ClaimedMessage) -> str | None:
        """Return what a warmed message's sender domain is paced by, None where the location is unknown."""
        facts = self._locations.get(message.location_id)
        return make_sender_key(message.subscriber_id, _domain_of(facts[0])) if facts else None

    def close(self) -> None:
        """End the signing threads."""
        self._signers.close()

    async def sign_ahead(self, messages: Sequence[ClaimedMessage]) -> None:
        """Draft what will be signed and leave it to threads. Whatever fails here fails again in `prepare`, which settles that message alone."""
        now, drafts = self._clock.now(), []
        if not self._signers.has_signers:
            return
        self._ahead = {key: kept for key, kept in self._ahead.items() if now - kept.letter.at < _FRESH}
        for number, message in enumerate(messages):
            with suppress(Exception):
                kit, signer = self._look_up(message)
                if signer is not None:
                    drafts.append(Draft(self._write(message, kit.writer, now), kit.writer.skeleton, signer))
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        self._ahead |= {draft.letter.message_id: draft for draft in drafts}
        self._signers.compose_ahead(drafts)

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
        kit, signer = self._look_up(message)
        try:
            draft = self._take_ahead(message, kit, signer, now)
            if draft is None:
                draft = Draft(self._write(message, kit.writer, now), kit.writer.skeleton, signer)
            composed = draft.ahead or draft.compose()
            sender = kit.writer.skeleton.sender_of(message.message_id)
            envelope = Envelope(sender, composed.recipient, len(composed.data))
        except FieldMissingError:
            raise UnsendableError(Move(State.FAILED, "field_missing")) from None
        except (UnfitFieldsError, RenderFailedError):
            raise UnsendableError(Move(State.FAILED, "fields_unfit")) from None
        except UnfitHeaderError:
            raise UnsendableError(Move(State.FAILED, "header_unfit")) from None
        except UnfitEnvelopeError:
            raise UnsendableError(Move(State.FAILED, "address_unfit")) from None
        return Prepared(message, envelope, composed.data, composed.sha256)

    def _write(self, message: ClaimedMessage, writer: Writer, now: datetime) -> Letter:
        address, fields, entries = self._open(message)
        url = self._sending.find_optout_url(message, address)
        words = writer.render(fields, url)
        files = write_calendar(entries, writer.host, address) if entries else ()
        return Letter(message.message_id, address, words.subject, words.text, words.html, now, url, files)

    def _take_ahead(self, message: ClaimedMessage, kit: _Kit, signer: DkimSigner | None, now: datetime) -> Draft | None:
        """Return the message as drafted ahead, and perhaps signed by now, if it may go as it is: same facts, same keys, not long ago."""
        draft = self._ahead.pop(message.message_id, None)
        if draft is None:
            return None
        draft.is_taken = True
        fits = draft.skeleton is kit.writer.skeleton and draft.signer is signer and now - draft.letter.at < _FRESH
        return draft if fits else None

    def _look_up(self, message: ClaimedMessage) -> tuple[_Kit, DkimSigner | None]:
        kit = self._kit(message)
        try:
            return kit, self._signers.find(kit.domain_id)
        except SenderHeldError as held:
            raise UnsendableError(Move(State.RECHECK, held.reason)) from None

    def _kit(self, message: ClaimedMessage) -> _Kit:
        facts = self._locations.get(message.location_id)
        if facts is None or facts[0].state != "live" or facts[1] is None or not facts[1].active:
            raise UnsendableError(Move(State.RECHECK, "location_not_live"))
        content = self._contents.get(message.content_id)
        if content is None:
            raise UnsendableError(Move(State.FAILED, "content_missing"))
        is_test = message.origin == "test"
        key = (message.location_id, message.content_id, is_test)
        kept = self._kits.get(key)
        if kept is None or kept.facts is not facts:
            try:
                kept = _Kit(
                    facts,
                    make_writer(facts[0], content, self._sending, is_test=is_test),
                    (message.subscriber_id, _domain_of(facts[0])),
                )
            except UnfitHeaderError:
                raise UnsendableError(Move(State.FAILED, "sender_unfit")) from None
            self._kits[key] = kept
        return kept

    def _open(self, message: ClaimedMessage) -> Sealed:
        try:
            plain = from_json(
                self._ciphers[message.subscriber_id].decrypt(message.sealed or b"", seal_place(message.message_id))
            )
        except (UndecryptableError, KeyError):
            raise UnsendableError(Move(State.FAILED, "shredded")) from None
        entries = [CalendarEntry.model_validate(entry) for entry in plain.get("calendar", ())]
        return Sealed(plain["address"], plain["fields"], entries)


def _domain_of(location: LocationFacts) -> str:
    return domain_of(location.sender.header_from)
