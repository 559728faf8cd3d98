"""Messages of whom nobody knows whether they left: finding them, and ending the doubt with a note of who or what ended it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.doubts import Doubt
from services.mailer.domain.states import FINAL, State
from services.mailer.store.reporting import ReportedMessage
from shared.kit.db import RawConnection

_FINAL: Final = sorted(state.value for state in FINAL)

# As in store/reporting: one probe of the primary key per subscriber and id, because a message id is the head of no index.
_LOOK: Final = """
select m.*, exists (
        select from attempts a where a.subscriber_id = m.subscriber_id and a.message_id = m.message_id and a.outcome <> 'uncertain') as tried_before
from directory d cross join unnest($1::uuid[]) as wanted (message_id)
cross join lateral (
    select subscriber_id, message_id, address_key, message_class, state, attempts, marked_at, accepted_at, useful_until from messages
    where subscriber_id = cast(d.id as uuid) and message_id = wanted.message_id) m
where d.kind = 'subscriber'
"""
# What goes back to the queue keeps its final_at, as in store/settling: it marks what was told as uncertain.
_MOVE: Final = """
with moved as (
    update messages set state = $3::text, reason = $4::text, next_at = coalesce($5::timestamptz, next_at), claim_id = null,
        final_at = case when $3::text = any ($7::text[]) then $6::timestamptz else final_at end
    where subscriber_id = $1::uuid and message_id = $2::uuid and state = 'uncertain'
    returning subscriber_id, message_id, touch_ids, state, reason),
told as (
    insert into changes (subscriber_id, kind, key, body)
    select subscriber_id, 'outcome', message_id, jsonb_build_object(
        'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', $6::timestamptz) from moved)
select message_id from moved
"""
_NOTE: Final = """
insert into settlements (subscriber_id, settlement_id, message_id, source, state, settled_by, sealed_note, settled_at)
values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::bytea, $8::timestamptz)
"""
_SETTLEMENTS: Final = text("""
select * from settlements where subscriber_id = :s and message_id = :id order by settled_at, settlement_id
""")
_LOCK: Final = text("select * from messages where subscriber_id = :s and message_id = :id for update")
_PAGE: Final = text("""
select m.message_id, m.location_id, m.campaign_id, m.state, m.reason, m.attempts, m.accepted_at, m.marked_at, m.final_at,
    coalesce(a.phase, case m.state when 'uncertain' then 'dot' end) as phase
from messages m left join lateral (
    select phase from attempts where subscriber_id = m.subscriber_id and message_id = m.message_id order by started_at desc limit 1) a on true
where m.subscriber_id = :s and m.state = :state and m.stage = case when :state in ('claimed', 'handing_over') then 'held' else :state end
  and (cast(:after as uuid) is null or m.message_id > cast(:after as uuid))
  and (cast(:places as uuid[]) is null or m.location_id = any (cast(:places as uuid[])))
order by m.message_id limit :limit
""")


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message that a log names: whose it is, its state, and what is known of its doubt."""

    message: ReportedMessage
    state: State
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """Who or what ended a doubt, and as what; `sealed_note` is a person's reason."""

    settlement_id: UUID
    source: str
    state: State
    settled_by: str
    settled_at: datetime
    sealed_note: bytes | None = None


@dataclass(frozen=True, slots=True)
class DoubtMove:
    """Where a doubtful message goes. `next_at` is set where it waits again."""

    state: State
    reason: str | None
    next_at: datetime | None = None


async def look_up(connection: RawConnection, message_ids: Collection[UUID]) -> dict[UUID, KnownMessage]:
    """Return those of these messages that are on file, whoever's they are."""
    rows = await connection.fetch(_LOOK, list(message_ids))
    return {
        row["message_id"]: KnownMessage(
            ReportedMessage(row["subscriber_id"], row["message_id"], row["address_key"], row["message_class"]),
            State(row["state"]),
            Doubt(row["attempts"], row["tried_before"], row["marked_at"], row["accepted_at"], row["useful_until"]),
        )
        for row in rows
    }


async def move_logged(connection: RawConnection, message: ReportedMessage, move: DoubtMove, *, now: datetime) -> bool:
    """Move an uncertain message as a log proves; false where it is no longer uncertain."""
    return await connection.fetchval(_MOVE, *_moved(message.subscriber_id, message.message_id, move, now)) is not None


async def note_logged(connection: RawConnection, message: ReportedMessage, row: SettlementRow) -> None:
    """Keep how a log ended a doubt."""
    await connection.execute(_NOTE, *_noted(message.subscriber_id, message.message_id, row))


async def lock_message(connection: AsyncConnection, subscriber_id: UUID, message_id: UUID) -> Any | None:
    """Return a message's row, locked until the end of the transaction, or None."""
    return (await connection.execute(_LOCK, {"s": subscriber_id, "id": message_id})).first()


async def settle_by_person(
    connection: AsyncConnection, subscriber_id: UUID, message_id: UUID, move: DoubtMove, row: SettlementRow
) -> None:
    """Move an uncertain message, which the caller has locked, as a person says, and keep who said it."""
    await connection.exec_driver_sql(_MOVE, _moved(subscriber_id, message_id, move, row.settled_at))
    await connection.exec_driver_sql(_NOTE, _noted(subscriber_id, message_id, row))


async def list_settlements(connection: AsyncConnection, subscriber_id: UUID, message_id: UUID) -> list[SettlementRow]:
    """Return how doubts about a message were ended, oldest first."""
    rows = await connection.execute(_SETTLEMENTS, {"s": subscriber_id, "id": message_id})
    return [
        SettlementRow(row.settlement_id, row.source, State(row.state), row.settled_by, row.settled_at, row.sealed_note)
        for row in rows
    ]


async def list_in_state(
    connection: AsyncConnection,
    subscriber_id: UUID,
    state: str,
    *,
    location_ids: Collection[UUID],
    after: UUID | None,
    limit: int,
) -> list[Any]:
    """Return messages in a state by id, which is by age; `location_ids` empty means all."""
    values = {"s": subscriber_id, "state": state, "after": after, "limit": limit, "places": list(location_ids) or None}
    return list(await connection.execute(_PAGE, values))


def _moved(subscriber_id: UUID, message_id: UUID, move: DoubtMove, now: datetime) -> tuple[Any, ...]:
    return subscriber_id, message_id, move.state.value, move.reason, move.next_at, now, _FINAL


def _noted(subscriber_id: UUID, message_id: UUID, row: SettlementRow) -> tuple[Any, ...]:
    return (
        subscriber_id, row.settlement_id, message_id, row.source, row.state.value, row.settled_by, row.sealed_note, row.settled_at,
    )  # fmt: skip
