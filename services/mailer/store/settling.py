"""Settling attempts in batches: state, attempt row, outcome feed and freed touches in one statement, fenced by claim_id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from services.mailer.domain.states import FINAL, State, may_move
from shared.kit.db import RawConnection

_MOVES: Final = [f"{old} {new}" for old in State for new in State if may_move(old, new)]
_FINAL: Final = sorted(state.value for state in FINAL)
_FREEING: Final = ["recheck", "cancelled"]
"""States after which a touch may be submitted again in another message."""

# What was told as uncertain is told again when it turns out deferred: such a row keeps its final_at, which marks it.
_SETTLE: Final = """
with given as (
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::int[], $8::bytea[],
            $13::uuid[], $14::timestamptz[], $15::timestamptz[], $16::text[], $17::int[], $18::text[], $19::text[], $20::text[])
        as g (subscriber_id, message_id, claim_id, state, reason, next_at, counted, sha256,
            attempt_id, started_at, finished_at, phase, reply_code, enhanced_code, outcome, route)),
moved as (
    update messages m set state = g.state, reason = g.reason, next_at = coalesce(g.next_at, m.next_at), attempts = m.attempts + g.counted,
        final_at = case when g.state = any ($10) then $9::timestamptz when m.state = 'uncertain' then m.final_at end,
        sha256 = coalesce(g.sha256, m.sha256),
        claim_id = case when g.state = 'uncertain' then m.claim_id end
    from given g where m.subscriber_id = g.subscriber_id and m.message_id = g.message_id and m.claim_id = g.claim_id
      and m.state || ' ' || g.state = any ($11)
    returning m.subscriber_id, m.message_id, m.touch_ids, m.state, m.reason, m.final_at),
tried as (
    insert into attempts (subscriber_id, message_id, attempt_id, started_at, finished_at, phase, reply_code, enhanced_code, outcome, reason,
        route)
    select subscriber_id, message_id, attempt_id, started_at, finished_at, phase, reply_code, enhanced_code, outcome, reason, route
    from given where attempt_id is not null
    on conflict do nothing),
freed as (
    update message_touches t set live = false from moved
    where moved.state = any ($12) and t.subscriber_id = moved.subscriber_id and t.message_id = moved.message_id and t.live),
told as (
    insert into changes (subscriber_id, kind, key, body)
    select subscriber_id, 'outcome', message_id, jsonb_build_object(
        'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at)
    from moved where state = any ($10) or final_at is not null)
select message_id from moved
"""


class AttemptRow(NamedTuple):
    """One SMTP transaction as it is kept: no text of the relay, which may hold an address. `route` tells whose log knows more."""

    attempt_id: UUID
    started_at: datetime
    finished_at: datetime
    phase: str
    reply_code: int | None
    enhanced_code: str | None
    outcome: str
    route: str | None = None


class Settlement(NamedTuple):
    """What becomes of one message in this worker's hands; `attempt` is None where nothing was tried."""

    subscriber_id: UUID
    message_id: UUID
    claim_id: UUID
    state: State
    reason: str | None
    next_at: datetime | None = None
    counted: int = 0
    sha256: bytes | None = None
    attempt: AttemptRow | None = None


_UNTRIED: Final = (None,) * len(AttemptRow._fields)


async def settle_messages(connection: RawConnection, settlements: Sequence[Settlement], *, now: datetime) -> set[UUID]:
    """Write settlements with their attempts in one statement; return the ids that moved.

    One whose claim was taken over, or whose move is not legal, changes nothing; its attempt is kept all the same.
    """
    settled = zip(*(given[:8] for given in settlements), strict=True)
    tried = zip(*(given.attempt or _UNTRIED for given in settlements), strict=True)
    rows = await connection.fetch(
        _SETTLE,
        *settled,
        now,
        _FINAL,
        _MOVES,
        _FREEING,
        *tried,
    )
    return {row[0] for row in rows}
