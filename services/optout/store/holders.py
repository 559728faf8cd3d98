"""Who may send until when: lease holders, their progress, and the present state that a waiting door reads.

Times are this database's clock; a lease is committed before its holder hears of it, so a restarted process still knows every lease.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK_HEAD: Final = text("""
select h.last_position, s.epoch, s.on_hold, coalesce(extract(epoch from (
    select lease_until from lease_holders where holder = :holder) - clock_timestamp()), 0)::float as lease_seconds
from suppression_head h cross join service_state s for share of h
""")
_KEEP: Final = text("""
insert into lease_holders as held (holder, after_position, safe_position, lease_until, seen_at)
values (:holder, :after, :safe, clock_timestamp() + make_interval(secs => :seconds), clock_timestamp())
on conflict (holder) do update set after_position = excluded.after_position, safe_position = excluded.safe_position,
    lease_until = greatest(held.lease_until, excluded.lease_until), seen_at = excluded.seen_at
""")
_REPORT: Final = text("""
update lease_holders set after_position = :after, safe_position = :safe, seen_at = clock_timestamp()
where holder = :holder and (after_position, safe_position) is distinct from (cast(:after as bigint), cast(:safe as bigint))
""")
_STATE: Final = text("""
select h.last_position, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline,
    (select min(safe_position) from lease_holders where lease_until > clock_timestamp()) as safe
from suppression_head h
""")
_FORGET: Final = text("delete from lease_holders where seen_at < clock_timestamp() - make_interval(days => 1)")


@dataclass(frozen=True, slots=True)
class Head:
    """The log as a poller sees it while it shares the head's lock. `lease_seconds` is what is left of the poller's own lease."""

    last: int
    epoch: UUID
    on_hold: bool
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class LogState:
    """`last` committed position; `safe`, what every live holder has made effective (None: nobody holds a lease); the server's timeline."""

    last: int
    safe: int | None
    timeline: str

    def is_safe(self, position: int) -> bool:
        """Tell whether nobody who holds a lease could still send against this position."""
        return self.safe is None or self.safe >= position


async def share_head(connection: AsyncConnection, holder: UUID) -> Head:
    """Share the head's lock until the transaction ends and return the log's state: no entry commits meanwhile."""
    row = (await connection.execute(_LOCK_HEAD, {"holder": holder})).one()
    return Head(row.last_position, UUID(str(row.epoch)), row.on_hold, row.lease_seconds)


async def keep_holder(
    connection: AsyncConnection, holder: UUID, *, after: int, safe: int, lease_seconds: float
) -> None:
    """Keep a holder's progress and prolong its lease by so many seconds from now (0: not at all; a granted lease is never cut short)."""
    await connection.execute(_KEEP, {"holder": holder, "after": after, "safe": safe, "seconds": lease_seconds})


async def report_progress(connection: AsyncConnection, holder: UUID, *, after: int, safe: int) -> bool:
    """Keep a known holder's progress; return whether it has moved."""
    return bool((await connection.execute(_REPORT, {"holder": holder, "after": after, "safe": safe})).rowcount)


async def read_state(connection: AsyncConnection) -> LogState:
    """Return what waiting doors and pollers need to know, in one statement."""
    row = (await connection.execute(_STATE)).one()
    return LogState(row.last_position, row.safe, row.timeline)


async def forget_holders(connection: AsyncConnection) -> None:
    """Drop holders not heard of for a day; their leases ran out long ago."""
    await connection.execute(_FORGET)
