"""The hash chain of a subscriber's ledger: altering, dropping or reordering one entry breaks every later hash."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from services.optout.domain.entries import GENESIS, LedgerEntry, NewEntry

HASHED: Final = (
    *(
        "subscriber_id",
        "chain_position",
        "entry_id",
        "kind",
        "location_id",
        "address_key",
        "person_id",
        "basis",
        "scope",
    ),
    *("suppression_class", "channel", "policy_version", "evidence", "occurred_at", "recorded_at", "valid_until"),
    *("wording", "bounce_class"),
    "topic",
)
"""The names of the hashed values."""


def entry_hash(previous: bytes, entry: NewEntry, *, chain_position: int, recorded_at: datetime) -> bytes:
    """Return SHA-256 over the previous hash and the entry's values as JSON without blanks (32 octets)."""
    values = hashed_values(entry, chain_position=chain_position, recorded_at=recorded_at)
    return hashlib.sha256(previous + json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def hashed_values(entry: NewEntry, *, chain_position: int, recorded_at: datetime) -> list[str | int | None]:
    """Return what is hashed, in the order of HASHED. What came later stands there only where it is needed, so that older hashes hold:

    `wording` and `bounce_class` if one of the last three has a value, `topic` if it has one.
    """
    values: list[str | int | None] = [
        str(entry.subscriber_id),
        chain_position,
        str(entry.entry_id),
        entry.kind,
        _text(entry.location_id),
        entry.address_key,
        _text(entry.person_id),
        entry.basis,
        entry.scope,
        entry.suppression_class,
        entry.channel,
        entry.policy_version,
        entry.evidence,
        _instant(entry.occurred_at),
        _instant(recorded_at),
        _instant(entry.valid_until),
    ]
    later = (entry.wording, entry.bounce_class)
    if entry.topic is not None:
        return [*values, *later, entry.topic]
    return [*values, *later] if any(value is not None for value in later) else values


def link_entries(
    entries: Iterable[NewEntry], *, last_position: int, last_hash: bytes, recorded_at: datetime
) -> list[LedgerEntry]:
    """Return the entries as the next links of a chain that ends at (`last_position`, `last_hash`)."""
    linked: list[LedgerEntry] = []
    position, previous = last_position, last_hash
    for entry in entries:
        position += 1
        made = entry_hash(previous, entry, chain_position=position, recorded_at=recorded_at)
        linked.append(LedgerEntry(entry, position, recorded_at, previous, made))
        previous = made
    return linked


def first_broken(entries: Iterable[LedgerEntry], *, after: tuple[int, bytes] = (0, GENESIS)) -> int | None:
    """Return the chain position of the first entry that is not what was appended there, or None; `after` is the link before."""
    position, previous = after
    for link in entries:
        position += 1
        made = entry_hash(previous, link.entry, chain_position=position, recorded_at=link.recorded_at)
        if link.chain_position != position or link.previous_hash != previous or link.hash != made:
            return position
        previous = link.hash
    return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")
