"""Puts consents on file, because nothing is sent to anybody without one (S-022)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import NewEntry
from services.optout.store.ledger import append_entries
from shared.kit.db import set_subscriber
from shared.schemas.optout import ConsentInput, Recorded


async def record_consents(
    connection: AsyncConnection, *, subscriber_id: UUID, consents: Sequence[ConsentInput], now: datetime
) -> Recorded:
    """Append consents of one subscriber; repeats (same consent_id) are counted and change nothing. A consent never lifts an opt-out."""
    await set_subscriber(connection, subscriber_id)
    filed = await append_entries(connection, [_entry(subscriber_id, consent) for consent in consents], recorded_at=now)
    new = sum(result.is_new for result in filed)
    return Recorded(recorded=new, repeated=len(filed) - new)


def _entry(subscriber_id: UUID, consent: ConsentInput) -> NewEntry:
    return NewEntry(
        subscriber_id=subscriber_id,
        entry_id=consent.consent_id,
        kind="consent",
        channel=consent.source,
        evidence=consent.evidence,
        occurred_at=consent.occurred_at,
        location_id=consent.location_id,
        address_key=consent.address_key,
        person_id=consent.person_id,
        basis=consent.basis,
        scope=consent.scope,
        wording=consent.wording,
        policy_version=consent.policy_version,
        valid_until=consent.valid_until,
    )
