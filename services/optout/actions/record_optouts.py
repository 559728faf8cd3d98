"""Puts opt-outs that somebody reports to us on file: the practice system's flag, the front desk (S-037, N-23, N-25)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.choices import stable_id
from services.optout.domain.entries import NewEntry, ScopeNotAllowedError, require_target
from services.optout.store.journal import Keeps
from services.optout.store.ledger import append_entries
from shared.kit.db import set_subscriber
from shared.schemas.optout import OptoutInput, Recorded


async def record_optouts(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    optouts: Sequence[OptoutInput],
    journal: Keeps,
    now: datetime,
    client: str | None = None,
) -> Recorded:
    """Append opt-outs of one subscriber, all or none; a lease granted before the commit may still be used up.

    A complaint is kept beside the opt-out it means, as a fact of its own (N-34).
    `client` is the API client that reported them, kept with their evidence. Repeats (same optout_id) change nothing.

    Raises OptoutWithoutTargetError, LocationNeededError, TopicNeedsEveryClassError, and ScopeNotAllowedError for platform scope;
    OSError (503) when the journal cannot be written: then nothing is on file.
    """
    entries = [_entry(subscriber_id, optout, client) for optout in optouts]
    complaints = [_complaint(entry) for entry in entries if entry.channel == "complaint" and entry.address_key]
    await set_subscriber(connection, subscriber_id)
    filed = await append_entries(connection, [*entries, *complaints], recorded_at=now, journal=journal)
    filed = filed[: len(entries)]
    new = sum(result.is_new for result in filed)
    return Recorded(recorded=new, repeated=len(filed) - new)


def _complaint(optout: NewEntry) -> NewEntry:
    return NewEntry(
        subscriber_id=optout.subscriber_id,
        entry_id=stable_id("complaint", optout.entry_id),
        kind="complaint",
        channel=optout.channel,
        evidence=optout.evidence,
        occurred_at=optout.occurred_at,
        location_id=optout.location_id,
        address_key=optout.address_key,
        person_id=optout.person_id,
    )


def _entry(subscriber_id: UUID, optout: OptoutInput, client: str | None) -> NewEntry:
    if optout.scope == "platform":
        raise ScopeNotAllowedError
    entry = NewEntry(
        subscriber_id=subscriber_id,
        entry_id=optout.optout_id,
        kind="optout",
        channel=optout.channel,
        evidence=f"{optout.evidence} client:{client}" if client else optout.evidence,
        occurred_at=optout.occurred_at,
        location_id=optout.location_id,
        address_key=optout.address_key,
        person_id=optout.person_id,
        scope=optout.scope,
        suppression_class=optout.suppression_class,
        topic=optout.topic,
    )
    require_target(entry)
    return entry
