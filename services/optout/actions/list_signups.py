"""Lists confirmed sign-ups for the front desk, so that addresses get into the practice or shop system (S-004)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.sealing import MailSeal
from services.optout.store.signups import SignupRow, list_confirmed
from shared.kit.db import set_subscriber
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.signups import Signup
from shared.schemas.wire import Page


async def list_signups(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    locations: Sequence[UUID],
    seal: MailSeal,
    after: str | None,
    limit: int,
) -> Page[Signup]:
    """Return a page, oldest confirmation first; `locations` empty means all of the subscriber. Raises CursorRefusedError."""
    await set_subscriber(connection, subscriber_id)
    rows = await list_confirmed(connection, locations=locations, after=read_time_cursor(after), limit=limit + 1)
    items = [_open(row, row.confirmed_at, seal) for row in rows if row.confirmed_at]
    return time_page(items, limit, lambda last: (last.confirmed_at, last.signup_id))


def _open(row: SignupRow, confirmed_at: datetime, seal: MailSeal) -> Signup:
    return Signup(
        signup_id=row.signup_id,
        location_id=row.location_id,
        address=seal.open(row.signup_id, row.sealed).decode(),
        language=row.language,
        wording=row.wording,
        policy_version=row.policy_version,
        requested_at=row.requested_at,
        confirmed_at=confirmed_at,
    )
