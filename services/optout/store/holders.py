"""Who may send until when: lease holders, their progress, and the present state that a waiting door reads.

Times are this database's clock; a lease is committed before its holder hears of it, so a restarted process still knows every lease.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from asyncpg import Record
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import RawConnection
from shared.kit.epoch import IS_OF_THIS_DATABASE

_HEAD: Final = f"""
select h.last_position, service_state.epoch, service_state.on_hold, {IS_OF_THIS_DATABASE} as is_ours,
    pg_postmaster_start_time()::text as server_started, held.after_position, held.safe_position,
    coalesce(extract(epoch from held.lease_until - clock_timestamp()), 0)::float as lease_seconds
from suppression_head h cross join service_state left join lease_holders held on held.holder = $1
"""  # noqa: S608 - one constant in another
_SHARE_HEAD: Final = f"{_HEAD} for share of h"
_KEEP: Final = """
insert into lease_holders as held (holder, after_position, safe_position, lease_until, seen_at)
values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4), clock_timestamp())
on conflict (holder) do update set after_position = excluded.after_position, safe_position = excluded.safe_position,
    lease_until = greatest(held.lease_until, excluded.lease_until), seen_at = excluded.seen_at
"""
_REPORT: Final = (
    "update lease_holders set after_position = $2, safe_position = $3, seen_at = clock_timestamp() where holder = $1"
)
_STATE: Final = """
select h.last_position,
    concat_ws(':', substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), d.oid, pg_postmaster_start_time()) as server,
    (select min(safe_position) from lease_holders where lease_until > clock_timestamp()) as safe
from suppression_head h cross join (select oid from pg_database where datname = current_database()) d
"""
_FORGET: Final = text("delete from lease_holders where seen_at < clock_timestamp() - make_interval(days => 1)")


@dataclass(frozen=True, slots=True)
class Head:
    """The log and one holder as a poller sees them. `is_ours` is false after a restore or promotion, until the epoch has been renewed.

    `after` and `safe` are what the holder last reported, None if it is unknown; `lease_seconds` is what is left of its lease.
    """

    last: int
    epoch: UUID
    on_hold: bool
    is_ours: bool
    server_started: str
    after: int | None
    safe: int | None
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


async def read_head(connection: RawConnection, holder: UUID) -> Head:
    """Return the log's present state; an entry may commit meanwhile, so nothing is granted on this word."""
    return _head(await connection.fetchrow(_HEAD, holder))


async def share_head(connection: RawConnection, holder: UUID) -> Head:
    """Share the head's lock until the transaction ends and return the log's state: no entry commits meanwhile."""
    return _head(await connection.fetchrow(_SHARE_HEAD, holder))


def _head(row: Record | None) -> Head:
    assert row is not None
    return Head(*row)


async def keep_holder(connection: RawConnection, holder: UUID, *, after: int, safe: int, lease_seconds: float) -> None:
    """Keep a holder's progress and prolong its lease by so many seconds from now (0: not at all; a granted lease is never cut short)."""
    await connection.execute(_KEEP, holder, after, safe, lease_seconds)


async def report_progress(connection: RawConnection, holder: UUID, *, after: int, safe: int) -> None:
    """Keep a known holder's progress."""
    await connection.execute(_REPORT, holder, after, safe)


async def read_state(connection: RawConnection) -> LogState:
    """Return what waiting doors and pollers need to know, in one statement."""
    row = await connection.fetchrow(_STATE)
    assert row is not None
    return LogState(row["last_position"], row["safe"], row["server"])


async def forget_holders(connection: AsyncConnection) -> None:
    """Drop holders not heard of for a day; their leases ran out long ago."""
    await connection.execute(_FORGET)
