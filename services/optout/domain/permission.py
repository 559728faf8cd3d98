"""May this mail go? A pure function of ledger entries with default deny, so that every answer can be given again years later (I8, I9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.optout.domain.entries import PLATFORM, LedgerEntry, NewEntry
from shared.schemas.token import MessageClass


@dataclass(frozen=True, slots=True)
class Question:
    """A message of one class about these people to one address for one location, at an instant."""

    subscriber_id: UUID
    location_id: UUID
    address_key: str
    person_ids: tuple[UUID, ...]
    message_class: MessageClass
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer with its reason and the entry it rests on. Only `refused` is final; `no_permission_yet` means hold and ask again."""

    answer: Literal["allowed", "refused", "no_permission_yet"]
    reason: str
    entry_id: UUID | None = None


def decide_permission(question: Question, entries: Iterable[LedgerEntry]) -> Decision:
    """Decide by the entries about this address and these people; entries about others are ignored.

    An opt-out in force wins over any consent, whatever their order: a source that says "ok" never lifts (S-038). Else every
    person the message speaks of needs a valid consent of this subscriber for this address.
    """
    ordered = [link.entry for link in sorted(entries, key=lambda link: link.chain_position)]
    for entry in _in_force(ordered):
        if _stops(entry, question):
            return Decision("refused", f"optout_{entry.scope}", entry.entry_id)
    consents = [entry for entry in ordered if entry.kind == "consent" and _is_about(entry, question)]
    basis: NewEntry | None = None
    for person_id in question.person_ids or (None,):
        own = [entry for entry in consents if entry.person_id is None or entry.person_id == person_id]
        valid = [entry for entry in own if _is_valid(entry, question.at)]
        if not valid:
            return _not_yet(own, question.at)
        basis = basis or max(valid, key=lambda entry: entry.occurred_at)
    assert basis is not None
    return Decision("allowed", basis.basis or "consent", basis.entry_id)


def _in_force(ordered: Sequence[NewEntry]) -> list[NewEntry]:
    """Opt-outs not lifted since: a lift undoes earlier entries of the same key, scope and class, and only those."""
    standing: dict[tuple[object, ...], NewEntry] = {}
    for entry in ordered:
        if entry.kind == "consent":
            continue
        place = (
            entry.subscriber_id,
            entry.scope,
            entry.location_id if entry.scope == "location" else None,
            entry.suppression_class,
            entry.address_key,
            entry.person_id,
        )
        if entry.kind == "optout":
            standing.setdefault(place, entry)
        else:
            standing.pop(place, None)
    return list(standing.values())


def _stops(entry: NewEntry, question: Question) -> bool:
    if entry.address_key != question.address_key and entry.person_id not in question.person_ids:
        return False
    if entry.suppression_class != "all" and question.message_class != "commercial":
        return False
    if entry.scope == "platform":
        return entry.subscriber_id == PLATFORM
    if entry.subscriber_id != question.subscriber_id:
        return False
    return entry.scope == "business" or entry.location_id == question.location_id


def _is_about(entry: NewEntry, question: Question) -> bool:
    return entry.subscriber_id == question.subscriber_id and entry.address_key == question.address_key


def _is_valid(entry: NewEntry, at: datetime) -> bool:
    return entry.occurred_at <= at and (entry.valid_until is None or at < entry.valid_until)


def _not_yet(own: Sequence[NewEntry], at: datetime) -> Decision:
    if not own:
        return Decision("no_permission_yet", "no_consent")
    newest = max(own, key=lambda entry: entry.occurred_at)
    expired = newest.occurred_at <= at
    return Decision("no_permission_yet", "consent_expired" if expired else "consent_not_yet_valid", newest.entry_id)
