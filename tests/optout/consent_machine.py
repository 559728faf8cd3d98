"""A machine that opts people out and tries everything to get them back: imports, merges, aliases, deletions, erasures, restores, old links (I9).

Beside the code it keeps an account of its own, simpler than the code: who said stop, and which later acts of their own spoke of it. What the
account denies the code must deny. `ConsentMachine.ledger` decides whether entries live in memory or in PostgreSQL.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.optout.domain.choices import choices_for, entry_from_link
from services.optout.domain.entries import PLATFORM, LedgerEntry, NewEntry
from services.optout.domain.lifting import lift_by_undo, lifts_by_opt_in
from services.optout.domain.permission import Question, stops_in_force
from services.optout.domain.preferences import lifts_by_preferences, stops_by_preferences, topic_states
from shared.schemas.token import OptoutToken
from shared.schemas.topics import Topic
from tests.optout.consent_account import DENYING, Account, Ending, covers, may_be_switched_on, place_of
from tests.optout.memory_ledger import Ledger, MemoryLedger

START: Final = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CLINIC, SHOP = UUID(int=1), UUID(int=2)
PLACES: Final = ((CLINIC, UUID(int=11)), (CLINIC, UUID(int=12)), (SHOP, UUID(int=21)))
ADDRESSES: Final = ("1.aaaaaaaaaaaaaaaaaaaaaa", "1.bbbbbbbbbbbbbbbbbbbbbb")
CHOOSING: Final = "1.cccccccccccccccccccccc"
"""The address whose owner uses the preference page: one of their own, so that stops of everything do not hide all that happens there."""
ANN, BEN = UUID(int=31), UUID(int=32)

PLACE = st.sampled_from(PLACES)
ADDRESS = st.sampled_from(ADDRESSES)
PERSON = st.sampled_from((ANN, BEN))
CLASS = st.sampled_from(("commercial", "transactional"))
TOPIC = st.sampled_from(("care", "news"))
CHANNEL = st.sampled_from(("source_flag", "front_desk"))
SAID = st.none() | st.tuples(CHANNEL, st.sampled_from(("care", "news", None)))
KINDS: Final = (("commercial", "care"), ("commercial", "news"), ("transactional", "care"), ("transactional", None))
"""Classes and topics of the messages that are asked about."""


class ConsentMachine(RuleBasedStateMachine):
    """Subclasses say where entries live."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger: Ledger = self.open_ledger()
        self.now = START
        self.account = Account()
        self.journal: list[NewEntry] = []
        self.backup: tuple[object, Account] | None = None
        self.people: list[UUID] = [ANN, BEN]
        self.number = 0
        self.pages: list[tuple[OptoutToken, dict[Topic, UUID], datetime]] = []

    def open_ledger(self) -> Ledger:
        """Return an empty ledger."""
        return MemoryLedger()

    def _fresh(self) -> UUID:
        self.number += 1
        return UUID(int=1000 + self.number)

    def _append(self, *entries: NewEntry) -> None:
        self.now += timedelta(seconds=1)
        ids = self.ledger.append(entries, self.now)
        for entry, entry_id in zip(entries, ids, strict=True):
            if entry.kind in DENYING:
                filed = replace(entry, entry_id=entry_id)
                if entry_id not in self.account.stops:
                    self.journal.append(filed)
                self.account.stops.setdefault(entry_id, (filed, self.now))

    def _stop(self, kind: Any, place: tuple[UUID, UUID], channel: str, **values: Any) -> None:
        given: dict[str, Any] = {"scope": "business", "suppression_class": "all", "location_id": None}
        self._append(NewEntry(place[0], self._fresh(), kind, channel, f"{channel}:1", self.now, **(given | values)))

    @rule(place=PLACE, address=ADDRESS, message=st.integers(1, 3), message_class=CLASS, choice=st.integers(0, 3))
    def press(self, place: Any, address: str, message: int, message_class: Any, choice: int) -> None:
        """Opt out by the link of a message, perhaps again."""
        offered = choices_for(message_class)
        token = OptoutToken(place[0], place[1], UUID(int=message), message_class, address, "a***@e***.com")
        self._append(entry_from_link(token, offered[choice % len(offered)], channel="page", at=self.now))

    @rule(
        place=PLACE,
        address=ADDRESS,
        person=PERSON,
        names=st.sampled_from(("address", "person", "both")),
        scope=st.sampled_from(("business", "location")),
        channel=CHANNEL,
        topic=st.none() | TOPIC,
    )
    def flag(self, place: Any, address: str, person: UUID, names: str, scope: str, channel: str, topic: Any) -> None:
        """Opt out by the practice system or the front desk, perhaps of a topic: a person, an address, or a person at an address."""
        self._stop(
            "optout",
            place,
            channel,
            topic=topic,
            address_key=None if names == "person" else address,
            person_id=None if names == "address" else person,
            scope=scope,
            location_id=place[1] if scope == "location" else None,
        )

    @rule(place=PLACE, address=ADDRESS, person=st.none() | PERSON)
    def erase(self, place: Any, address: str, person: UUID | None) -> None:
        """Erase a person: the tombstone stays."""
        self._stop("erasure", place, "erasure", address_key=address, person_id=person)

    @rule(
        place=PLACE,
        address=ADDRESS,
        person=st.none() | PERSON,
        basis=st.sampled_from(("existing_relationship", "express", "double_opt_in")),
        source=st.sampled_from(("ingest", "signup", "undo")),
    )
    def import_(self, place: Any, address: str, person: UUID | None, basis: Any, source: str) -> None:
        """A source says ok, under whatever name."""
        self._consent(place, address, person, basis, source)

    @rule(place=PLACE, address=ADDRESS, kept=PERSON, gone=PERSON)
    def merge(self, place: Any, address: str, kept: UUID, gone: UUID) -> None:
        """Two records become one: what permitted either is said of the one that is kept; both ids are written about from now on."""
        for person in {kept, gone}:
            self._consent(place, address, person, "existing_relationship", "ingest")

    @rule(place=PLACE, person=PERSON)
    def alias(self, place: Any, person: UUID) -> None:
        """The source gives a person every address there is."""
        for address in ADDRESSES:
            self._consent(place, address, person, "express", "ingest")

    @rule(place=PLACE, address=ADDRESS)
    def create_again(self, place: Any, address: str) -> None:
        """A record is deleted and comes back under another id with the same address (N-22)."""
        person = self._fresh()
        self.people = [ANN, BEN, person]
        self._consent(place, address, person, "existing_relationship", "ingest")

    def _consent(self, place: Any, address: str, person: UUID | None, basis: Any, source: str) -> None:
        self._append(
            NewEntry(
                place[0], self._fresh(), "consent", source, "visit:1", self.now, place[1], address, person, basis=basis
            )
        )

    @rule()
    def back_up(self) -> None:
        """Take a backup."""
        self.backup = (self.ledger.back_up(), self.account.copy())

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        """Restore it: own acts since are lost, the journal brings back what stops (I20, N-39)."""
        assert self.backup is not None
        mark, kept = self.backup
        self.ledger.restore(mark)
        self.now += timedelta(seconds=1)
        self.ledger.append([replace(entry, by_consumer=False) for entry in self.journal], self.now)
        self.account = Account(self.account.stops, list(kept.endings), list(kept.signups))

    @rule(minutes=st.sampled_from((1, 30, 61, 1440)))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.account.stops)
    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        """Press the undo of any stop there ever was; the account lets only presses of the last hour be taken back."""
        entry_id = data.draw(st.sampled_from(sorted(self.account.stops)))
        stop, _ = self.account.stops[entry_id]
        around = [
            link for link in self.ledger.on_file(stop.subscriber_id) if link.entry.address_key == stop.address_key
        ]
        lift = lift_by_undo(around, entry_id=entry_id, at=self.now)
        if lift is None:
            return
        self._append(lift)
        if stop.channel == "page" and stop.occurred_at > self.now - timedelta(hours=1, seconds=1):
            self.account.endings.append(Ending(frozenset({entry_id})))

    @rule(
        place=st.sampled_from(PLACES[:2]),
        message=st.integers(1, 2),
        off=st.sets(TOPIC),
        before=SAID,
        after=SAID,
        age=st.integers(0, 2),
        ticked=st.sets(TOPIC),
    )
    def choose(self, place: Any, message: int, off: Any, before: Any, after: Any, age: int, ticked: Any) -> None:
        """Switch topics off on the clinic's preference page, look at it, and tick topics on it or on an older one.

        Before and after it is shown somebody may stop something in another way. The account lets a page end what was on file when it was shown.
        """
        self._say(place, before)
        link = OptoutToken(place[0], place[1], UUID(int=message), "commercial", CHOOSING, "a***@e***.com")
        self._append(*stops_by_preferences(link, off, at=self.now))
        states = topic_states(self._around(link, PLATFORM), location_id=link.location_id)
        shown = {topic: state.digest(topic) for topic, state in states.items() if state.stands != "fixed"}
        self.pages.append((link, shown, self.now))
        self._say(place, after)
        link, shown, shown_at = self.pages[-1 - min(age, len(self.pages) - 1)]
        chosen = {topic: shown[topic] for topic in ticked & shown.keys()}
        self._append(*lifts_by_preferences(self._around(link), link, chosen, at=self.now))
        known = {entry_id: stop for entry_id, (stop, at) in self.account.stops.items() if at <= shown_at}
        ended = [n for topic in chosen for n, stop in known.items() if may_be_switched_on(stop, link, topic)]
        self.account.endings.append(Ending(frozenset(ended)))

    def _say(self, place: tuple[UUID, UUID], said: tuple[str, Any] | None) -> None:
        if said is not None:
            self._stop("optout", place, said[0], topic=said[1], address_key=CHOOSING)

    def _around(self, link: OptoutToken, *more: UUID) -> list[LedgerEntry]:
        chains = [self.ledger.on_file(chain) for chain in (link.subscriber_id, *more)]
        return [each for chain in chains for each in chain if each.entry.address_key == link.address_key]

    @rule(place=PLACE, address=ADDRESS | st.just(CHOOSING))
    def ask_to_join(self, place: Any, address: str) -> None:
        """Ask for mail; nothing follows until the mailbox's owner confirms."""
        self.account.signups.append((*place, address, self.now))

    @precondition(lambda self: self.account.signups)
    @rule(data=st.data())
    def confirm(self, data: Any) -> None:
        """Press a confirmation, an old one too: it ends what was said to this business before it was asked for."""
        subscriber_id, location_id, address, asked_at = data.draw(st.sampled_from(self.account.signups))
        around = [link for link in self.ledger.on_file(subscriber_id) if link.entry.address_key == address]
        lifts = lifts_by_opt_in(around, location_id=location_id, asked_at=asked_at, evidence="signup:1", at=self.now)
        ended = {
            entry_id
            for entry_id, (stop, at) in self.account.stops.items()
            if stop.subscriber_id == subscriber_id
            and stop.address_key == address
            and at < asked_at
            and stop.location_id in (None, location_id)
            and (stop.person_id is None or stop.kind == "erasure")
        }
        consent = NewEntry(
            subscriber_id,
            self._fresh(),
            "consent",
            "signup",
            "signup:1",
            self.now,
            location_id,
            address,
            basis="double_opt_in",
        )
        self._append(consent, *lifts)
        self.account.endings.append(Ending(frozenset(ended)))

    @invariant()
    def nobody_who_said_stop_is_written_to(self) -> None:
        """I9: whatever was done, what the account denies is refused, and the refusal names a stop that was made (I8)."""
        stops = self.account.in_force()
        denied = [question for question in self._questions() if any(covers(stop, question) for stop in stops)]
        for question, decision in zip(denied, self.ledger.decide(denied), strict=True):
            assert decision.answer == "refused", (question, stops)
            assert decision.entry_id in self.account.stops

    @invariant()
    def every_stop_stands_by_itself(self) -> None:
        """I9: none that the account keeps is lifted in the shadow of another that would deny the same mail."""
        standing = {
            place_of(stop)
            for chain in (CLINIC, SHOP, PLATFORM)
            for stop in stops_in_force(link.entry for link in self.ledger.on_file(chain))
        }
        assert standing >= set(map(place_of, self.account.in_force()))

    def _questions(self) -> list[Question]:
        people = [(person,) for person in self.people] + [(ANN, BEN)]
        asked: Iterable[Any] = product(PLACES, (*ADDRESSES, CHOOSING), people, KINDS)
        soon = self.now + timedelta(seconds=1)
        return [
            Question(place[0], place[1], address, persons, message_class, soon, topic=topic)
            for place, address, persons, (message_class, topic) in asked
        ]
