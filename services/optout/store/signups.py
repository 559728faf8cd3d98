"""Sign-ups: who asked for mail from whom, agreeing to which words, and whether the mailbox's owner has confirmed it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.door_tables import signups

_CONFIRM: Final = text("""
update signups set confirmed_at = :now
where subscriber_id = :subscriber and signup_id = :signup and confirmed_at is null and expires_at > :now
returning location_id, address_key, wording, policy_version, requested_at
""")
_FORGET: Final = text("delete from signups where confirmed_at is null and expires_at < :now")
_SHRED: Final = text("update signups set sealed = null where sealed is not null and confirmed_at < :before")


@dataclass(frozen=True, slots=True)
class SignupRow:
    """`sealed` is the address; `wording` what was agreed to, word for word; `network` a keyed hash of where it came from."""

    subscriber_id: UUID
    signup_id: UUID
    location_id: UUID
    address_key: str
    sealed: bytes
    language: str
    wording: str
    policy_version: str
    network: str
    requested_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a confirmation needs to know of its sign-up."""

    location_id: UUID
    address_key: str
    wording: str
    policy_version: str
    requested_at: datetime


async def add_signup(connection: AsyncConnection, row: SignupRow) -> None:
    """Keep a sign-up that waits for its confirmation."""
    await connection.execute(insert(signups).values(asdict(row)))


async def take_confirmation(
    connection: AsyncConnection, *, subscriber_id: UUID, signup_id: UUID, now: datetime
) -> Confirmed | None:
    """Mark a waiting sign-up as confirmed; None for one that is confirmed already, too old or not there."""
    found = await connection.execute(_CONFIRM, {"subscriber": subscriber_id, "signup": signup_id, "now": now})
    row = found.first()
    return Confirmed(**row._mapping) if row else None


async def list_confirmed(
    connection: AsyncConnection, *, locations: Sequence[UUID], after: tuple[datetime, UUID] | None, limit: int
) -> list[SignupRow]:
    """Return the context's confirmed sign-ups whose address is still kept, oldest first; `locations` empty means all."""
    columns = signups.c
    query = select(signups).where(columns.confirmed_at.is_not(None), columns.sealed.is_not(None))
    if locations:
        query = query.where(columns.location_id.in_(locations))
    if after is not None:
        query = query.where(tuple_(columns.confirmed_at, columns.signup_id) > tuple_(*after))
    rows = await connection.execute(query.order_by(columns.confirmed_at, columns.signup_id).limit(limit))
    return [SignupRow(**row._mapping) for row in rows]


async def forget_signups(connection: AsyncConnection, *, now: datetime, shred_before: datetime) -> None:
    """Delete what nobody confirmed in time, and the addresses of what was confirmed long ago: the words agreed to stay as evidence."""
    await connection.execute(_FORGET, {"now": now})
    await connection.execute(_SHRED, {"before": shred_before})
