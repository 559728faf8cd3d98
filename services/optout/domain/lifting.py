"""Which opt-outs a consumer's own later act ends (S-038, L-015, N-38): never one that it does not speak of, never a younger one (S36)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.optout.domain.choices import stable_id
from services.optout.domain.entries import STOPS, LedgerEntry, NewEntry

UNDO_TIME: Final = timedelta(hours=1)
_OWN_PRESSES: Final = frozenset({"one_click", "page", "form"})
"""Channels where the person who undoes has pressed the button themselves."""


def lift_by_undo(entries: Iterable[LedgerEntry], *, entry_id: UUID, at: datetime) -> NewEntry | None:
    """Return the lift that takes an opt-out of the last hour back, or None where there is nothing to take back.

    An opt-out that repeated an older one still standing is not taken back, nor is one that anybody has repeated since: the undo restores
    what was before it and no more. Only a press on a page is undone, never what the source, the front desk or an erasure said, and the hour is
    counted from the press even if a restore has put it on file anew.
    """
    for standing in standing_stops(entries):
        first = standing[0]
        is_alone = len(standing) == 1  # what somebody else, or another mail, said meanwhile stays
        is_recent = min(first.recorded_at, first.entry.occurred_at) > at - UNDO_TIME
        if first.entry.entry_id == entry_id and is_alone and is_recent and _was_pressed(first):
            return lift_of(first.entry, channel="undo", evidence=f"undo_of:{entry_id}", at=at)
    return None


def lifts_by_opt_in(
    entries: Iterable[LedgerEntry], *, location_id: UUID, asked_at: datetime, evidence: str, at: datetime
) -> list[NewEntry]:
    """Return the lifts that a confirmed sign-up means: of this business's and this location's opt-outs of the address from before it was asked for.

    Opt-outs of a person (the practice system's flag) and of the whole platform stay. The tombstone of a person whose mailbox this is ends.
    """
    return [
        lift_of(standing[0].entry, channel="signup", evidence=evidence, at=at)
        for standing in standing_stops(entries)
        if (standing[0].entry.person_id is None or standing[0].entry.kind == "erasure")
        and standing[0].entry.scope != "platform"
        and standing[0].entry.location_id in (None, location_id)
        and all(link.recorded_at < asked_at for link in standing)
    ]


def _was_pressed(link: LedgerEntry) -> bool:
    return link.entry.kind == "optout" and link.entry.channel in _OWN_PRESSES


def standing_stops(entries: Iterable[LedgerEntry]) -> Sequence[list[LedgerEntry]]:
    """Return the opt-outs and tombstones since the last lift, oldest first, for each scope, class, topic, place and person."""
    standing: dict[tuple[object, ...], list[LedgerEntry]] = {}
    for link in sorted(entries, key=lambda link: link.chain_position):
        if link.entry.kind in STOPS:
            standing.setdefault(link.entry.place, []).append(link)
        elif link.entry.kind == "lift":
            standing.pop(link.entry.place, None)
    return list(standing.values())


def lift_of(optout: NewEntry, *, channel: str, evidence: str, at: datetime) -> NewEntry:
    """Return the lift of everything earlier at the place of this opt-out."""
    return NewEntry(
        subscriber_id=optout.subscriber_id,
        entry_id=stable_id("lift", optout.entry_id),
        kind="lift",
        channel=channel,
        evidence=evidence,
        occurred_at=at,
        location_id=optout.location_id if optout.scope == "location" else None,
        address_key=optout.address_key,
        person_id=optout.person_id,
        scope=optout.scope,
        suppression_class=optout.suppression_class,
        topic=optout.topic,
    )
