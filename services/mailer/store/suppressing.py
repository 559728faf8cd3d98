"""The mailer's own copy of the suppression log and the send lease that stands for its freshness (architecture 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from shared.kit.db import RawConnection
from shared.schemas.optout import SuppressionEntry

_PRESENT: Final = """
select holder, epoch, received, safe, clock_timestamp() as lease_from from follower_state where server_started_at = pg_postmaster_start_time()
"""
# A holder is a random id tied to the server's start: a promoted replica or a clone carries the row but holds no lease with it.
_BEGIN: Final = """
insert into follower_state as f (singleton, holder, server_started_at) values (true, $1, pg_postmaster_start_time())
on conflict (singleton) do update set
    holder = case when f.server_started_at = excluded.server_started_at then f.holder else excluded.holder end,
    lease_until = case when f.server_started_at = excluded.server_started_at then f.lease_until end,
    server_started_at = excluded.server_started_at
returning holder, epoch, received, safe, clock_timestamp() as lease_from
"""
_KEEP: Final = "select keep_suppressions($1, $2, $3, $4)"
_RECEIVED: Final = """
update follower_state set epoch = $1, received = greatest(received, $2), lease_until = greatest(lease_until, $3)
where singleton and (epoch is null or epoch = $1)
"""
_RESTART: Final = """
update follower_state set epoch = null, received = 0, safe = 0, lease_until = null where singleton and epoch = $1 and received >= $2
"""
IS_STOPPED: Final = """
    exists (select from suppressions s where (s.address_key = m.address_key or s.person_id = any (m.person_ids))
        and (s.subscriber_id is null or s.subscriber_id = m.subscriber_id) and (s.location_id is null or s.location_id = m.location_id)
        and (s.suppression_class = 'all' or m.message_class = 'commercial') and (s.topic is null or s.topic = m.topic))
"""
"""Whether a suppression on file speaks of message `m`: the marker asks the same in its own function."""
_TOUCHED: Final = """
touched as (
    select t.subscriber_id, t.message_id from message_touches t where t.address_key = any ($1::text[]) or t.person_id = any ($2::uuid[])
    union
    select m.subscriber_id, m.message_id from messages m where m.address_key = any ($1::text[]) and m.touch_ids = '{}')
"""
# Not waiting for the disk: after a crash less counts as safe.
_SAFE: Final = f"""
with {_TOUCHED},
flying as (select exists (select from messages m join touched using (subscriber_id, message_id) where m.state = 'handing_over') as is_any),
noted as (
    update follower_state f set safe = greatest(f.safe, $4) from flying where f.singleton and f.epoch = $3 and not flying.is_any)
select not is_any, set_config('synchronous_commit', 'off', true) from flying
"""  # noqa: S608 - one constant in another
# Queued mail of a suppressed address or person dies now, not when its turn comes; what is claimed dies at its marker.
_SWEEP: Final = f"""
with {_TOUCHED},
moved as (
    update messages m set state = 'suppressed', reason = 'opted_out', final_at = $3, claim_id = null from touched t
    where m.subscriber_id = t.subscriber_id and m.message_id = t.message_id and m.state in ('accepted', 'deferred')
      and m.origin not in ('privacy_case', 'opt_in')
      and {IS_STOPPED}
    returning m.subscriber_id, m.message_id, m.touch_ids, m.state, m.reason, m.final_at)
insert into changes (subscriber_id, kind, key, body)
select subscriber_id, 'outcome', message_id, jsonb_build_object(
    'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at) from moved
"""  # noqa: S608 - constants in another


@dataclass(frozen=True, slots=True)
class FollowerState:
    """Where this database's copy stands. `lease_from` was read before the poll was sent: the lease counts from there."""

    holder: UUID
    epoch: UUID | None
    received: int
    safe: int
    lease_from: datetime


async def begin_poll(connection: RawConnection) -> FollowerState:
    """Return holder and positions, with this database's time before the poll."""
    row = await connection.fetchrow(_PRESENT) or await connection.fetchrow(_BEGIN, uuid4())
    assert row is not None
    return FollowerState(row["holder"], row["epoch"], row["received"], row["safe"], row["lease_from"])


async def keep_suppressions(
    connection: RawConnection,
    entries: Sequence[SuppressionEntry],
    *,
    epoch: UUID,
    received: int,
    lease_until: datetime | None,
) -> None:
    """Store entries under the exclusive lock: no marker's statement runs meanwhile, every later one sees them.

    Applying twice is harmless: what a later leader has received already is passed over, or an old suppression would come back after its lift.
    """
    if not entries:
        await connection.execute(_RECEIVED, epoch, received, lease_until)
        return
    kinds = {
        kind: [entry.model_dump(mode="json") for entry in entries if entry.kind == kind]
        for kind in ("suppress", "lift")
    }
    await connection.execute(_KEEP, kinds, epoch, received, lease_until)


async def restart_copy(connection: RawConnection, *, epoch: UUID, received: int) -> None:
    """Forget the positions of a log that is another one now: no lease, nothing safe, until it has been read again from the start.

    Does nothing when another leader has done so already. What was suppressed stays suppressed: a restored log may have lost it.
    """
    await connection.execute(_RESTART, epoch, received)


async def keep_safe(
    connection: RawConnection,
    *,
    epoch: UUID,
    position: int,
    address_keys: Sequence[str] = (),
    person_ids: Sequence[UUID] = (),
) -> bool:
    """Note that everything up to `position` has taken effect, unless a message of these keys is being handed over right now; tell whether it has."""
    return bool(await connection.fetchval(_SAFE, list(address_keys), list(person_ids), epoch, position))


async def sweep_suppressed(
    connection: RawConnection, address_keys: Sequence[str], person_ids: Sequence[UUID], *, now: datetime
) -> None:
    """End queued mail of these keys that is now suppressed."""
    await connection.execute(_SWEEP, list(address_keys), list(person_ids), now)
