"""Answers to mail about appointments: confirmations, each told to ingest once, and requests for another time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.answering import Announced
from shared.schemas.answers import TimeRequest, TimeRequestState
from shared.schemas.write_backs import Confirmation

_GIVEN: Final = """
unnest(cast(:appointments as uuid[]), cast(:starts as timestamptz[]), cast(:consumers as uuid[])) as g (appointment_id, starts_at, consumer_id)"""
_CONFIRM: Final = text(f"""
insert into confirmations (subscriber_id, appointment_id, starts_at, consumer_id, confirmation_id, message_id, confirmed_at)
select :subscriber_id, g.appointment_id, g.starts_at, g.consumer_id, gen_random_uuid(), :message_id, :now from {_GIVEN}
on conflict do nothing
returning confirmation_id, appointment_id, starts_at, confirmed_at
""")  # noqa: S608 - a constant
_TAKE_BACK: Final = text(f"""
delete from time_requests r using {_GIVEN}
where r.subscriber_id = :subscriber_id and r.appointment_id = g.appointment_id and r.starts_at = g.starts_at
""")  # noqa: S608 - a constant
_ASK: Final = text(f"""
insert into time_requests (subscriber_id, appointment_id, starts_at, consumer_id, message_id, asked_at)
select :subscriber_id, g.appointment_id, g.starts_at, g.consumer_id, :message_id, :now from {_GIVEN}
on conflict (subscriber_id, appointment_id, starts_at) do update set asked_at = excluded.asked_at, message_id = excluded.message_id
""")  # noqa: S608 - a constant
# Settled by the appointment itself: moved, gone, over, or confirmed in the source after the request.
_LIST: Final = text("""
select * from (
    select r.appointment_id, r.starts_at, r.consumer_id, a.location_id, r.asked_at, c.confirmed_at,
        case when a.deleted or a.starts_at is distinct from r.starts_at or a.status not in ('booked', 'confirmed') or a.starts_at <= :now
            or (a.status = 'confirmed' and a.status_at > r.asked_at) then 'settled' else 'open' end as state
    from time_requests r
    join appointments a on a.subscriber_id = r.subscriber_id and a.appointment_id = r.appointment_id
    left join confirmations c on c.subscriber_id = r.subscriber_id and c.appointment_id = r.appointment_id and c.starts_at = r.starts_at
    where r.subscriber_id = :subscriber_id
        and (cast(:after_at as timestamptz) is null or (r.asked_at, r.appointment_id) > (cast(:after_at as timestamptz), cast(:after_id as uuid)))
        and (cast(:locations as uuid[]) is null or a.location_id = any(cast(:locations as uuid[])))
) found
where cast(:state as text) is null or state = cast(:state as text)
order by asked_at, appointment_id limit :limit
""")
_DROP: Final = {
    (kind, table): text(f"""
delete from {table} d using unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[])) as s (subscriber_id, key)
where d.subscriber_id = s.subscriber_id and d.{kind}_id = s.key
""")  # noqa: S608 - our own names
    for kind in ("consumer", "appointment")
    for table in ("announcements", "confirmations", "time_requests")
}


async def keep_confirmations(
    connection: AsyncConnection,
    appointments: Sequence[Announced],
    *,
    subscriber_id: UUID,
    message_id: UUID,
    now: datetime,
) -> list[Confirmation]:
    """Confirm appointments at their announced start and take back requests for another time; return the confirmations that are new."""
    values = _given(appointments) | {"subscriber_id": subscriber_id}
    await connection.execute(_TAKE_BACK, values)
    rows = await connection.execute(_CONFIRM, values | {"message_id": message_id, "now": now})
    return [Confirmation(**row._mapping) for row in rows]


async def keep_time_requests(
    connection: AsyncConnection,
    appointments: Sequence[Announced],
    *,
    subscriber_id: UUID,
    message_id: UUID,
    now: datetime,
) -> None:
    """Keep that another time was asked for, each appointment and start once."""
    values = _given(appointments) | {"subscriber_id": subscriber_id, "message_id": message_id, "now": now}
    await connection.execute(_ASK, values)


async def read_time_requests(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    state: TimeRequestState | None,
    locations: Sequence[UUID] | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    now: datetime,
) -> list[TimeRequest]:
    """Return requests for another time in the order they were asked."""
    values = {
        "subscriber_id": subscriber_id,
        "state": state,
        "locations": list(locations) if locations is not None else None,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
        "now": now,
    }
    return [TimeRequest(**row._mapping) for row in await connection.execute(_LIST, values)]


async def drop_answers(connection: AsyncConnection, kind: str, keys: Sequence[tuple[UUID, UUID]]) -> None:
    """Drop what was announced to, confirmed by or asked for people, or about appointments, that ingest has erased."""
    for (whose, _), statement in _DROP.items():
        if keys and whose == kind:
            values = {"subscribers": [subscriber for subscriber, _ in keys], "keys": [key for _, key in keys]}
            await connection.execute(statement, values)


def _given(appointments: Sequence[Announced]) -> dict[str, list[Any]]:
    return {
        "appointments": [each.appointment_id for each in appointments],
        "starts": [each.starts_at for each in appointments],
        "consumers": [each.consumer_id for each in appointments],
    }
