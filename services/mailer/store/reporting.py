"""Reports about our messages and what follows from them: late outcomes, and addresses that cannot be reached.

Reachability is a fact of its own (architecture 4): it never stands in a column about permission, and an address that works again needs nobody's
consent anew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import RawConnection

SOFT_FAILURES: Final = 5
SOFT_WINDOW: Final = timedelta(days=14)
SOFT_PAUSE: Final = timedelta(days=90)
"""L-075: five soft failures in 14 days without a success between. After 90 days the address is tried again; a hard one never by itself."""

# A message id is not the head of any index; one probe of the primary key per subscriber is, and inbound mail is rare. The last is PLATFORM_SENDER.
_FIND: Final = """
select m.* from (
    select kind, id from directory union all select 'subscriber', '00000000-0000-0000-0000-000000000001') d
cross join lateral (
    select subscriber_id, message_id, address_key, message_class, state = 'handing_over' as is_leaving from messages
    where subscriber_id = cast(d.id as uuid) and message_id = $1) m
where d.kind = 'subscriber' limit 1
"""
_KNOWN: Final = "select exists (select from reports where subscriber_id = $1 and report_id = $2)"
_ADD: Final = """
insert into reports (subscriber_id, report_id, message_id, address_key, kind, blame, status, reason, reported_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning report_id
"""
# What comes back proves that an uncertain message left. A message that was sent stays so; its late bounce is told once.
_LATE: Final = """
with moved as (
    update messages set state = $3, reason = $4, final_at = $5, claim_id = null
    where subscriber_id = $1 and message_id = $2 and state = 'uncertain'
    returning subscriber_id, message_id, touch_ids, state),
bounced as (
    select subscriber_id, message_id, touch_ids, 'bounced' as state from messages
    where subscriber_id = $1 and message_id = $2 and state = 'sent' and $3 = 'bounced' and not exists (
        select from reports where subscriber_id = $1 and message_id = $2 and kind = 'bounce' and report_id <> $6))
insert into changes (subscriber_id, kind, key, body)
select subscriber_id, 'outcome', message_id, jsonb_build_object(
    'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', $4::text, 'at', $5::timestamptz)
from (select * from moved union all select * from bounced) told
"""
_COMPLAINED: Final = """
insert into changes (subscriber_id, kind, key, body)
select m.subscriber_id, 'complaint', m.message_id, jsonb_build_object('message_id', m.message_id, 'at', $3::timestamptz) from messages m
where m.subscriber_id = $1 and m.message_id = $2 and m.touch_ids <> '{}' and not exists (
    select from reports r where r.subscriber_id = $1 and r.message_id = $2 and r.kind = 'complaint' and r.report_id <> $4)
"""
_FAILURES: Final = """
with failures as (
    select distinct on (message_id) message_id, reported_at from reports
    where subscriber_id = $1 and address_key = $2 and kind = 'bounce' and blame = 'soft' and reported_at > $3
    order by message_id, reported_at)
select reported_at from failures order by reported_at desc
"""
# As in store/suppressing: an address is found by its touches, and mail of our own, which has none, in messages.
_OF_ADDRESS: Final = """
select t.message_id from message_touches t where t.subscriber_id = $1 and t.address_key = $2
union all select o.message_id from messages o where o.subscriber_id = $1 and o.address_key = $2 and o.touch_ids = '{}'
"""
_SUCCESS: Final = f"""
select max(m.final_at) from messages m
where m.subscriber_id = $1 and m.message_id in ({_OF_ADDRESS})
    and m.state = 'sent' and m.final_at > $3 and m.final_at < $4 and not exists (
    select from reports r where r.subscriber_id = m.subscriber_id and r.message_id = m.message_id and r.kind = 'bounce')
"""  # noqa: S608 - one constant in another
_SHUT: Final = """
insert into unreachable as u (subscriber_id, address_key, reason, since_at, ends_at) values ($1, $2, $3, $4, $5)
on conflict (subscriber_id, address_key) do update set
    reason = excluded.reason, since_at = excluded.since_at, ends_at = excluded.ends_at, cleared_at = null
where u.cleared_at < excluded.since_at or (u.cleared_at is null and u.ends_at is not null)
returning address_key
"""
_SWEEP: Final = f"""
with moved as (
    update messages set state = 'suppressed', reason = 'address_unreachable', final_at = $3, claim_id = null
    where subscriber_id = $1 and state in ('accepted', 'deferred') and message_id in ({_OF_ADDRESS})
    returning subscriber_id, message_id, touch_ids, state, reason, final_at)
insert into changes (subscriber_id, kind, key, body)
select subscriber_id, 'outcome', message_id, jsonb_build_object(
    'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at) from moved
"""  # noqa: S608 - likewise
_UNREACHABLE: Final = text("""
select address_key from unreachable
where subscriber_id = :s and address_key = any (cast(:keys as text[])) and cleared_at is null and (ends_at is null or ends_at > :now)
""")
_CLEAR: Final = text("""
update unreachable set cleared_at = :now where subscriber_id = :s and address_key = :key and cleared_at is null returning address_key
""")
_REFUSED: Final = """
select m.subscriber_id, m.message_id, m.address_key, m.reason, m.final_at from messages m
where m.stage = 'bounced' and m.final_at >= $1 and not exists (
    select from reports r where r.subscriber_id = m.subscriber_id and r.report_id = m.message_id)
order by m.final_at limit $2
"""


@dataclass(frozen=True, slots=True)
class ReportedMessage:
    """The message a report is about. `is_leaving`: its dot has left and the reply to it is not on file yet."""

    subscriber_id: UUID
    message_id: UUID
    address_key: str
    message_class: str
    is_leaving: bool = False


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it is kept: no text, no address, nothing of what a person wrote."""

    report_id: UUID
    kind: str
    blame: str | None
    status: str | None
    reason: str | None


async def find_reported(connection: RawConnection, message_id: UUID) -> ReportedMessage | None:
    """Return the message of this id, whoever's it is: the MAC has proven it."""
    row = await connection.fetchrow(_FIND, message_id)
    return ReportedMessage(**dict(row)) if row else None


async def is_reported(connection: RawConnection, subscriber_id: UUID, report_id: UUID) -> bool:
    """Tell whether this report is on file."""
    return bool(await connection.fetchval(_KNOWN, subscriber_id, report_id))


async def record_report(connection: RawConnection, message: ReportedMessage, row: ReportRow, *, now: datetime) -> bool:
    """Keep a report with everything that follows from it, once: false for a repeat. In one transaction of its own.

    A hard bounce shuts the address for this subscriber at once, soft ones after SOFT_FAILURES; a policy bounce blames nobody.
    """
    async with connection.transaction():
        added = await connection.fetchval(
            _ADD, message.subscriber_id, row.report_id, message.message_id, message.address_key,
            row.kind, row.blame, row.status, row.reason, now,
        )  # fmt: skip
        if added is None:
            return False
        if row.kind != "unclassified":
            state = "bounced" if row.kind == "bounce" else "sent"
            reason = row.reason if row.kind == "bounce" else None
            await connection.execute(
                _LATE, message.subscriber_id, message.message_id, state, reason, now, row.report_id
            )
        if row.kind == "complaint":
            await connection.execute(_COMPLAINED, message.subscriber_id, message.message_id, now, row.report_id)
        if row.kind == "bounce":
            await _judge_address(connection, message, row, now=now)
    return True


async def list_refused(
    connection: RawConnection, since: datetime, *, limit: int
) -> list[tuple[ReportedMessage, str, datetime]]:
    """Return messages that bounced in the session from `since` on and have no report row yet, with reason and time."""
    rows = await connection.fetch(_REFUSED, since, limit)
    return [
        (
            ReportedMessage(row["subscriber_id"], row["message_id"], row["address_key"], ""),
            row["reason"] or "",
            row["final_at"],
        )
        for row in rows
    ]


async def find_unreachable(
    connection: AsyncConnection, subscriber_id: UUID, address_keys: Collection[str], *, now: datetime
) -> set[str]:
    """Return which of these addresses cannot be reached. A new address of the same person is another key (L-076)."""
    rows = await connection.execute(_UNREACHABLE, {"s": subscriber_id, "keys": list(address_keys), "now": now})
    return {row.address_key for row in rows}


async def clear_unreachable(
    connection: AsyncConnection, subscriber_id: UUID, address_key: str, *, now: datetime
) -> bool:
    """Let an address be tried again, as a person decided; false where it was not shut. A later bounce shuts it again."""
    done = await connection.execute(_CLEAR, {"s": subscriber_id, "key": address_key, "now": now})
    return done.first() is not None


async def _judge_address(connection: RawConnection, message: ReportedMessage, row: ReportRow, *, now: datetime) -> None:
    ends_at: datetime | None = None
    if row.blame == "soft":
        if not await _fails_too_often(connection, message, now=now):
            return
        ends_at = now + SOFT_PAUSE
    elif row.blame != "hard":
        return
    reason = row.reason or "bounced"
    if await connection.fetchval(_SHUT, message.subscriber_id, message.address_key, reason, now, ends_at):
        await connection.execute(_SWEEP, message.subscriber_id, message.address_key, now)


async def _fails_too_often(connection: RawConnection, message: ReportedMessage, *, now: datetime) -> bool:
    failures = [
        row["reported_at"]
        for row in await connection.fetch(_FAILURES, message.subscriber_id, message.address_key, now - SOFT_WINDOW)
    ]
    if len(failures) < SOFT_FAILURES:
        return False
    success = await connection.fetchval(_SUCCESS, message.subscriber_id, message.address_key, failures[-1], failures[0])
    return success is None or sum(at > success for at in failures) >= SOFT_FAILURES
