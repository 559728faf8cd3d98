"""Complaints and messages sent, counted per header-from domain and day, and the pauses that follow; nothing here is on the sending path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.complaint_rate import DayCount, Pause
from shared.kit.epoch import read_epoch
from shared.kit.feed import START
from shared.schemas.mailer import PLATFORM_SENDER

COMPLAINT_COUNTS: Final = "complaint_counts"
"""Our own follower of the feed, by its cursor."""
_TURN: Final = text("select pg_try_advisory_xact_lock(7311)")
_CURSOR: Final = text("select epoch, cursor from cursors where feed = :feed")
_KEEP_CURSOR: Final = text("""
insert into cursors (feed, epoch, cursor) values (:feed, :epoch, :cursor)
on conflict (feed) do update set epoch = excluded.epoch, cursor = excluded.cursor
""")
_FORGET: Final = text("delete from complaint_days")
# Where a message came from: the domain its location sends under, for mail of our own the platform's.
_FROM: Final = """
left join directory l on l.kind = 'location' and l.id = m.location_id::text
cross join lateral (select case when m.subscriber_id = cast(:own as uuid) then cast(:own_domain as text)
    else split_part(lower(l.body -> 'sender' ->> 'header_from'), '@', 2) end as domain) d
"""
# The feed of outcomes in commit order: each message is told as sent once, so each is counted once (kit/feed.py says why by xmin).
_COUNT_SENT: Final = text(f"""
with page as (
    select xid, position, kind, subscriber_id, key, body from changes
    where (xid, position) > (cast(:xid as text)::xid8, :position) and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by changes.xid, changes.position limit :limit),
sent as (
    select m.subscriber_id, d.domain, ((p.body ->> 'at')::timestamptz at time zone 'UTC')::date as day, count(*) as sent
    from page p join messages m on m.subscriber_id = p.subscriber_id and m.message_id = p.key
    {_FROM}
    where d.domain <> '' and m.origin <> 'test' and p.kind = 'outcome' and p.body ->> 'state' = 'sent' group by 1, 2, 3),
kept as (
    insert into complaint_days as d (subscriber_id, domain, day, sent) select * from sent
    on conflict (subscriber_id, domain, day) do update set sent = d.sent + excluded.sent)
select xid::text || '.' || position as cursor from page order by page.xid desc, page.position desc limit 1
""")  # noqa: S608 - one constant in another
# Complaints are few: those of the last weeks are counted anew each time, which cannot miss one that committed late.
_COUNT_COMPLAINTS: Final = text(f"""
insert into complaint_days as d (subscriber_id, domain, day, complaints)
select m.subscriber_id, d.domain, (m.final_at at time zone 'UTC')::date, count(distinct m.message_id)
from reports r join messages m on m.subscriber_id = r.subscriber_id and m.message_id = r.message_id and m.final_at is not null
{_FROM}
where d.domain <> '' and m.origin <> 'test' and r.kind = 'complaint' and r.reported_at >= :since group by 1, 2, 3
on conflict (subscriber_id, domain, day) do update set complaints = excluded.complaints where d.complaints < excluded.complaints
""")  # noqa: S608 - one constant in another
_STANDINGS: Final = text("""
select d.subscriber_id, d.domain, p.paused_at, p.released_at, p.released_by,
    exists (select from stops t where t.scope = 'complaints' and t.id = d.subscriber_id::text) as is_stopped
from (select subscriber_id, domain from complaint_days where day >= :since and complaints > 0
      union select subscriber_id, domain from complaint_pauses where released_at is null) d
left join lateral (
    select paused_at, released_at, released_by from complaint_pauses c
    where c.subscriber_id = d.subscriber_id and c.domain = d.domain order by paused_at desc limit 1) p on true
""")
_DAYS: Final = text("""
select day, sent, complaints from complaint_days where subscriber_id = :s and domain = :domain and day >= :since order by day
""")
_MARK_ALARMING: Final = text("""
update complaint_days set is_alarming = true
where subscriber_id = :s and domain = :domain and day = any (cast(:days as date[])) and not is_alarming
""")
_LAST_PAUSE: Final = text("""
select paused_at, released_at, released_by from complaint_pauses where subscriber_id = :s and domain = :domain order by paused_at desc limit 1
""")
_PAUSE: Final = text("insert into complaint_pauses (subscriber_id, domain, paused_at) values (:s, :domain, :now)")
_STOP: Final = text("insert into stops (scope, id, stopped_at) values ('complaints', :id, :now) on conflict do nothing")
_RELEASE: Final = text("""
update complaint_pauses set released_at = :now, released_by = :by where subscriber_id = :s and domain = :domain and released_at is null
""")
_UNSTOP: Final = text("""
delete from stops where scope = 'complaints' and id = cast(:s as text)
    and not exists (select from complaint_pauses where subscriber_id = cast(:s as uuid) and released_at is null)
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """A domain about which somebody complained lately, or which is paused; `is_stopped`: its business's commercial mail is stopped by complaints."""

    subscriber_id: UUID
    domain: str
    last: Pause | None
    is_stopped: bool


async def take_turn(connection: AsyncConnection) -> bool:
    """Tell whether this process counts now; another may be counting already."""
    return bool(await connection.scalar(_TURN))


async def count_sent(connection: AsyncConnection, *, own_domain: str, limit: int) -> bool:
    """Add up to `limit` outcomes to the counts; return whether there were any. Counted with the cursor in one transaction: once each.

    In another epoch (a restored database) everything is counted anew.
    """
    epoch = await read_epoch(connection)
    row = (await connection.execute(_CURSOR, {"feed": COMPLAINT_COUNTS})).first()
    if row is not None and row.epoch != epoch:
        await connection.execute(_FORGET)
    xid, _, position = (row.cursor if row is not None and row.epoch == epoch else START).partition(".")
    found = (
        await connection.execute(
            _COUNT_SENT, {"xid": xid, "position": int(position), "limit": limit} | _own(own_domain)
        )
    ).first()
    if found is None:
        return False
    await connection.execute(_KEEP_CURSOR, {"feed": COMPLAINT_COUNTS, "epoch": epoch, "cursor": found.cursor})
    return True


async def count_complaints(connection: AsyncConnection, *, own_domain: str, since: datetime) -> None:
    """Count the messages that were complained about since then."""
    await connection.execute(_COUNT_COMPLAINTS, {"since": since} | _own(own_domain))


async def list_standings(connection: AsyncConnection, *, since: date) -> list[Standing]:
    """Return the domains to judge: few, because complaints are."""
    rows = (await connection.execute(_STANDINGS, {"since": since})).all()
    return [
        Standing(
            row.subscriber_id,
            row.domain,
            Pause(row.paused_at, row.released_at, row.released_by) if row.paused_at else None,
            row.is_stopped,
        )
        for row in rows
    ]


async def read_days(
    connection: AsyncConnection, subscriber_id: UUID, domain: str, *, since: date
) -> Sequence[DayCount]:
    """Return the counts of a domain by day, oldest first; days without mail are absent."""
    rows = await connection.execute(_DAYS, {"s": subscriber_id, "domain": domain, "since": since})
    return [DayCount(row.day, row.sent, row.complaints) for row in rows]


async def find_last_pause(connection: AsyncConnection, subscriber_id: UUID, domain: str) -> Pause | None:
    """Return the newest pause of a domain."""
    row = (await connection.execute(_LAST_PAUSE, {"s": subscriber_id, "domain": domain})).first()
    return Pause(row.paused_at, row.released_at, row.released_by) if row else None


async def mark_alarming(connection: AsyncConnection, standing: Standing, days: Sequence[date]) -> bool:
    """Keep that these days are reason for an alarm; tell whether that is news of any of them."""
    values = {"s": standing.subscriber_id, "domain": standing.domain, "days": list(days)}
    return (await connection.execute(_MARK_ALARMING, values)).rowcount > 0


async def pause_commercial(connection: AsyncConnection, standing: Standing, *, now: datetime) -> None:
    """Stop the commercial mail of the business; every marker sent after the commit sees it."""
    await connection.execute(_PAUSE, {"s": standing.subscriber_id, "domain": standing.domain, "now": now})
    await connection.execute(_STOP, {"id": str(standing.subscriber_id), "now": now})


async def release_commercial(connection: AsyncConnection, standing: Standing, *, by: str, now: datetime) -> None:
    """End a pause; commercial mail goes on once no domain of the business is paused."""
    await connection.execute(_RELEASE, {"s": standing.subscriber_id, "domain": standing.domain, "now": now, "by": by})
    await connection.execute(_UNSTOP, {"s": str(standing.subscriber_id)})


def _own(domain: str) -> dict[str, object]:
    return {"own": PLATFORM_SENDER, "own_domain": domain}
