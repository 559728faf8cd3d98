"""May this mail go? A pure function of ledger entries with default deny, so that every answer can be given again years later (I8, I9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final, Literal
from uuid import UUID

from services.optout.domain.entries import OWN_ACTS, PLATFORM, STOPS, LedgerEntry, NewEntry
from services.optout.domain.jurisdictions import UNITED_STATES, Jurisdiction, all_permit
from shared.schemas.token import MessageClass
from shared.schemas.topics import Topic

_position: Final = attrgetter("chain_position")


@dataclass(frozen=True, slots=True)
class Question:
    """A message of one class about these people to one address for one location, at an instant, under the laws of location and consumer.

    `topic` None: it is stopped by what stops every topic only.
    """

    subscriber_id: UUID
    location_id: UUID
    address_key: str
    person_ids: tuple[UUID, ...]
    message_class: MessageClass
    at: datetime
    jurisdictions: tuple[Jurisdiction, ...] = (UNITED_STATES,)
    topic: Topic | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer with its reason and the entry it rests on. Only `refused` is final; `no_permission_yet` means hold and ask again."""

    answer: Literal["allowed", "refused", "no_permission_yet"]
    reason: str
    entry_id: UUID | None = None


def decide_permission(question: Question, entries: Iterable[LedgerEntry]) -> Decision:
    """Decide by the entries about this address and these people; entries about others are ignored, and so are bounces and complaints.

    An opt-out or a tombstone in force wins over any consent, whatever their order: a source that says "ok" never lifts (S-038). Else every
    person the message speaks of needs a valid consent of this subscriber for this address.
    """
    ordered = [link.entry for link in sorted(entries, key=_position)]
    others = [entry for entry in ordered if entry.kind != "consent"]
    for entry in stops_in_force(others) if others else ():
        if _stops(entry, question):
            return Decision("refused", _reason(entry), entry.entry_id)
    consents = [entry for entry in ordered if entry.kind == "consent" and _is_about(entry, question)]
    basis: NewEntry | None = None
    for person_id in question.person_ids or (None,):
        own = [entry for entry in consents if entry.person_id is None or entry.person_id == person_id]
        valid = [entry for entry in own if _is_valid(entry, question)]
        if not valid:
            return _not_yet(own, question)
        basis = basis or max(valid, key=lambda entry: entry.occurred_at)
    assert basis is not None
    return Decision("allowed", basis.basis or "consent", basis.entry_id)


def as_of(entries: Iterable[LedgerEntry], at: datetime) -> list[LedgerEntry]:
    """Return what was on file at an instant: what a decision of that time rested on."""
    return [link for link in entries if link.recorded_at <= at]


def stops_in_force(ordered: Iterable[NewEntry]) -> list[NewEntry]:
    """Return the opt-outs and tombstones not lifted since, of entries in the order of their chains.

    A lift undoes earlier entries of the same key, scope, class and topic, and only those; one that is no act of the person's own undoes nothing.
    """
    standing: dict[tuple[object, ...], NewEntry] = {}
    for entry in ordered:
        if entry.kind in STOPS:
            standing.setdefault(entry.place, entry)
        elif entry.kind == "lift" and entry.channel in OWN_ACTS:
            standing.pop(entry.place, None)
    return list(standing.values())


def _stops(entry: NewEntry, question: Question) -> bool:
    if entry.address_key != question.address_key and entry.person_id not in question.person_ids:
        return False
    if entry.suppression_class != "all" and question.message_class != "commercial":
        return False
    if entry.topic is not None and entry.topic != question.topic:
        return False
    if entry.scope == "platform":
        return entry.subscriber_id == PLATFORM
    if entry.subscriber_id != question.subscriber_id:
        return False
    return entry.scope == "business" or entry.location_id == question.location_id


def _reason(entry: NewEntry) -> str:
    if entry.kind == "erasure":
        return "erased"
    return "optout_topic" if entry.topic is not None else f"optout_{entry.scope}"


def _is_about(entry: NewEntry, question: Question) -> bool:
    return (
        entry.subscriber_id == question.subscriber_id
        and entry.address_key == question.address_key
        and (entry.scope != "location" or entry.location_id == question.location_id)
    )


def _is_valid(entry: NewEntry, question: Question) -> bool:
    at = question.at
    if entry.basis is None or entry.occurred_at > at or (entry.valid_until is not None and at >= entry.valid_until):
        return False
    if question.message_class != "commercial":
        return True
    return all_permit(question.jurisdictions, entry.basis, entry.occurred_at, at)


def _not_yet(own: Sequence[NewEntry], question: Question) -> Decision:
    """Say what the newest consent lacks: its time has not come or is over (its own or the law's, N-37), or no law here takes its basis."""
    if not own:
        return Decision("no_permission_yet", "no_consent")
    newest = max(own, key=lambda entry: entry.occurred_at)
    ended = newest.valid_until is not None and question.at >= newest.valid_until
    if newest.occurred_at > question.at:
        reason = "consent_not_yet_valid"
    elif ended or all(newest.basis in law.months for law in question.jurisdictions):
        reason = "consent_expired"
    else:
        reason = "consent_too_weak"
    return Decision("no_permission_yet", reason, newest.entry_id)
