"""Who may send until when: lease holders, their progress, and the present state that a waiting door reads.

Times are this database's clock; a lease is committed before its holder hears of it, so a restarted process still knows every lease. Nobody waits for
the disk: after a restart of the server, which may have forgotten leases, every door waits a full one (Watch).
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.recovery import Standing
from shared.kit.db import RawConnection
from shared.kit.epoch import IS_OF_THIS_DATABASE
from shared.schemas.optout import SuppressionPoll

_HEAD: Final = f"""
select h.last_position, service_state.epoch, service_state.on_hold, {IS_OF_THIS_DATABASE} as is_ours,
    pg_postmaster_start_time()::text as server_started
from suppression_head h cross join service_state
"""  # noqa: S608 - one constant in another
# One statement, because the holder's next report, and with it everybody who opted out meanwhile, waits for the answer. It shares the head's lock, so
# no entry commits meanwhile; a row that it had to wait for is read again, so `last_position` is of the moment of the grant. Positions have no gap:
# numbers tell whether the answer, read afterwards, will hold all there were.
_GRANT: Final = f"""
with head as ({_HEAD} for share of h),
asked as (
    select head.*, $3 <= last_position and (epoch = $2 or $2::uuid is null and $3 = 0) as is_known from head),
weighed as (
    select asked.*, case when is_known then $3 else 0 end as after_position, case when is_known then least($4, $3) else 0 end as safe_position,
        is_known and not on_hold and last_position - $3 <= $5 and epoch = $7 and server_started = $8 as may_send
    from asked),
granted as (select weighed.*, case when may_send then $6::float else 0 end as lease_seconds from weighed),
kept as (
    insert into lease_holders as held (holder, after_position, safe_position, lease_until, seen_at)
    select $1, after_position, safe_position, clock_timestamp() + make_interval(secs => lease_seconds), clock_timestamp() from granted where is_ours
    on conflict (holder) do update set after_position = excluded.after_position, safe_position = excluded.safe_position,
        lease_until = greatest(held.lease_until, excluded.lease_until), seen_at = excluded.seen_at)
select is_ours, epoch, server_started, last_position, after_position, lease_seconds, set_config('synchronous_commit', 'off', true) from granted
"""  # noqa: S608 - one constant in another
_REPORT: Final = f"""
with head as ({_HEAD}),
known as (select last_position from head where is_ours and epoch = $2 and $3 <= last_position),
reported as (
    update lease_holders held set after_position = $3, safe_position = least($4, $3), seen_at = clock_timestamp() from known
    where held.holder = $1 and (held.after_position, held.safe_position) is distinct from ($3, least($4, $3)) returning held.holder)
select exists (select from known where last_position = $3) as has_all, exists (select from reported) as is_news, coalesce((
    select extract(epoch from held.lease_until - clock_timestamp()) from lease_holders held where held.holder = $1), 0)::float as lease_seconds,
    set_config('synchronous_commit', 'off', true)
"""  # noqa: S608 - one constant in another
_STATE: Final = """
select h.last_position,
    concat_ws(':', substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), d.oid, pg_postmaster_start_time()) as server,
    (select min(safe_position) from lease_holders where lease_until > clock_timestamp()) as safe
from suppression_head h cross join (select oid from pg_database where datname = current_database()) d
"""
_FORGET: Final = text("delete from lease_holders where seen_at < clock_timestamp() - make_interval(days => 1)")


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of a report. `has_all`: there is no entry for the holder; `is_news`: it got further; `lease_seconds`: what is left of its lease."""

    has_all: bool
    is_news: bool
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class Grant:
    """What a holder gets: the entries behind `after`, at least up to `last`, and a lease (0: none).

    `is_ours` is false after a restore or promotion, until the epoch has been renewed; then nothing was granted.
    """

    is_ours: bool
    epoch: UUID
    server_started: str
    last: int
    after: int
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class LogState:
    """`last` committed position; `safe`, what every live holder has made effective (None: nobody holds a lease); `server` names the
    database as it runs: timeline, oid and start, one of which a promotion, a restore or a snapshot put back changes.
    """

    last: int
    safe: int | None
    server: str

    def is_safe(self, position: int) -> bool:
        """Tell whether nobody who holds a lease could still send against this position."""
        return self.safe is None or self.safe >= position


async def report_progress(connection: RawConnection, poll: SuppressionPoll) -> Progress:
    """Keep a known holder's progress; an entry may commit meanwhile, so nothing is granted on this word."""
    row = await connection.fetchrow(_REPORT, poll.holder, poll.epoch, poll.after, poll.safe)
    assert row is not None
    return Progress(*row[:3])


async def grant_lease(
    connection: RawConnection, poll: SuppressionPoll, *, lease_seconds: float, most_rows: int, standing: Standing | None
) -> Grant:
    """Keep the holder's progress and prolong its lease by so many seconds from now (a granted lease is never cut short).

    None is granted to who has more than `most_rows` entries to read, nor on HOLD, nor on another database than the one brought up to date
    (`standing`). Who comes with a foreign epoch, or a position this log never gave, starts again from 0: its acknowledgements count for nothing.
    """
    found = (standing.epoch, standing.server_started) if standing else (None, None)
    row = await connection.fetchrow(
        _GRANT, poll.holder, poll.epoch, poll.after, poll.safe, most_rows, lease_seconds, *found
    )
    assert row is not None
    return Grant(*row[:6])


async def read_state(connection: RawConnection) -> LogState:
    """Return what waiting doors and pollers need to know, in one statement."""
    row = await connection.fetchrow(_STATE)
    assert row is not None
    return LogState(row["last_position"], row["safe"], row["server"])


async def forget_holders(connection: AsyncConnection) -> None:
    """Drop holders not heard of for a day; their leases ran out long ago."""
    await connection.execute(_FORGET)
