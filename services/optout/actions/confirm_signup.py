"""Turns a sign-up into consent when the mailbox's owner presses the button (double opt-in), and lifts older opt-outs of that business."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.choices import stable_id
from services.optout.domain.entries import LedgerEntry, NewEntry
from services.optout.domain.lifting import lifts_by_opt_in
from services.optout.store.door import Door
from services.optout.store.group_commit import short_transaction
from services.optout.store.ledger import TooManyStopsError, append_entries, lock_chains, read_stops_of
from services.optout.store.signups import Confirmed, take_confirmation


async def confirm_signup(door: Door, *, subscriber_id: UUID, signup_id: UUID, now: datetime) -> None:
    """Put the consent on file once; a repeat, and a link that is too old, change nothing.

    An opt-out that came after the sign-up stays in force: an old link lifts nothing younger than itself (S36).
    """
    async with short_transaction(door.database) as connection:
        await lock_chains(connection, [subscriber_id])
        signup = await take_confirmation(connection, subscriber_id=subscriber_id, signup_id=signup_id, now=now)
        if signup is None:
            return
        evidence = f"signup:{signup_id}"
        lifts = lifts_by_opt_in(
            await _stops(connection, subscriber_id, signup.address_key),
            location_id=signup.location_id,
            asked_at=signup.requested_at,
            evidence=evidence,
            at=now,
        )
        consent = _consent(subscriber_id, signup_id, signup, evidence, now)
        await append_entries(connection, [consent, *lifts], recorded_at=now)
    door.watch.poke()


async def _stops(connection: AsyncConnection, subscriber_id: UUID, address_key: str) -> list[LedgerEntry]:
    """What may be lifted: nothing of an address with more opt-outs and lifts than are looked at."""
    try:
        return await read_stops_of(connection, subscriber_id, address_key=address_key)
    except TooManyStopsError:
        return []


def _consent(subscriber_id: UUID, signup_id: UUID, signup: Confirmed, evidence: str, now: datetime) -> NewEntry:
    return NewEntry(
        subscriber_id=subscriber_id,
        entry_id=stable_id("signup", signup_id),
        kind="consent",
        channel="signup",
        evidence=evidence,
        occurred_at=now,
        location_id=signup.location_id,
        address_key=signup.address_key,
        basis="double_opt_in",
        wording=signup.wording,
        policy_version=signup.policy_version,
    )
