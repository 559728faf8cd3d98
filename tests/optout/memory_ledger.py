"""A ledger in memory that keeps the store's rules, so that thousands of histories can be tried; a second run uses the real one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.optout.domain.chain import link_entries
from services.optout.domain.choices import stable_id
from services.optout.domain.entries import GENESIS, PLATFORM, LedgerEntry, NewEntry
from services.optout.domain.permission import Decision, Question, decide_permission


class Ledger(Protocol):
    """Where the entries live."""

    def append(self, entries: Sequence[NewEntry], at: datetime) -> list[UUID]:
        """Put entries on file in one transaction and return the ids under which they are."""

    def on_file(self, subscriber_id: UUID) -> list[LedgerEntry]:
        """Return a chain."""

    def decide(self, questions: Sequence[Question]) -> list[Decision]:
        """Answer by the entries on file."""

    def back_up(self) -> object:
        """Return a mark to restore to."""

    def restore(self, mark: object) -> None:
        """Forget everything since the mark."""


class MemoryLedger:
    """The store's rules in a few lines: repeats change nothing, a press after a lift counts anew."""

    def __init__(self) -> None:
        self._chains: dict[UUID, list[LedgerEntry]] = {}

    def append(self, entries: Sequence[NewEntry], at: datetime) -> list[UUID]:
        """Link each entry to its chain."""
        return [self._append(entry, at) for entry in entries]

    def _append(self, entry: NewEntry, at: datetime) -> UUID:
        chain = self._chains.setdefault(entry.subscriber_id, [])
        found = next((link for link in chain if link.entry.entry_id == entry.entry_id), None)
        if found is not None and entry.by_consumer:
            later = chain[found.chain_position :]
            lifts = [
                each.entry.entry_id
                for each in later
                if each.entry.kind == "lift" and each.entry.address_key == found.entry.address_key
            ]
            if lifts:
                entry = replace(entry, entry_id=stable_id(entry.entry_id, lifts[-1]))
                found = next((link for link in chain if link.entry.entry_id == entry.entry_id), None)
        if found is None:
            last = chain[-1].hash if chain else GENESIS
            chain += link_entries([entry], last_position=len(chain), last_hash=last, recorded_at=at)
        return entry.entry_id

    def on_file(self, subscriber_id: UUID) -> list[LedgerEntry]:
        """Return a chain."""
        return list(self._chains.get(subscriber_id, ()))

    def decide(self, questions: Sequence[Question]) -> list[Decision]:
        """Give the decision every entry of the subscriber and of the platform."""
        return [
            decide_permission(question, self.on_file(question.subscriber_id) + self.on_file(PLATFORM))
            for question in questions
        ]

    def back_up(self) -> object:
        """Return a copy."""
        return {subscriber_id: list(chain) for subscriber_id, chain in self._chains.items()}

    def restore(self, mark: Any) -> None:
        """Go back to a copy."""
        self._chains = {subscriber_id: list(chain) for subscriber_id, chain in mark.items()}
