"""The epoch of a database: a random id that a restore, a dump, a clone or a promotion changes, because transaction ids restart there.

It stands in front of every feed cursor (architecture 2). A changed epoch over existing data also puts the service on HOLD: after a restore a person
confirms before anything is sent (F24, I20).
"""

from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.errors import OnHoldError

# The timeline in the WAL file's name is the present one at once; the one in the control file lags until the next checkpoint after a promotion.
_IDENTITY = """
select s.system_identifier::text || ':' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || ':' || d.oid
from pg_control_system() s, pg_database d where d.datname = current_database()
"""
_READ = text("select epoch, on_hold from service_state")
IS_OF_THIS_DATABASE = f"(service_state.identity = ({_IDENTITY}))"
"""A condition over `service_state`: the stored epoch was made for this database as it is now."""
_FITTING = text(f"select epoch from service_state where {IS_OF_THIS_DATABASE}")  # noqa: S608 - likewise
_WRITE = text("""
insert into service_state (singleton, epoch, identity, on_hold) values (true, :epoch, :identity, :hold)
on conflict (singleton) do update set epoch = excluded.epoch, identity = excluded.identity, on_hold = excluded.on_hold
""")
_HOLD = text("update service_state set on_hold = :hold")


async def renew_epoch(connection: AsyncConnection) -> UUID:
    """Return the epoch, making a new one (and HOLD) when this database is no longer the one that the stored epoch was made for."""
    await connection.execute(text("select pg_advisory_xact_lock(7301)"))
    if (epoch := await _stored(connection)) is not None:
        return epoch
    is_first = (await connection.execute(_READ)).first() is None
    epoch = uuid4()
    await connection.execute(
        _WRITE, {"epoch": epoch, "identity": await connection.scalar(text(_IDENTITY)), "hold": not is_first}
    )
    return epoch


async def read_epoch(connection: AsyncConnection) -> UUID:
    """Return the present epoch; a promotion or restore under a running process is noticed here too."""
    return await _stored(connection) or await renew_epoch(connection)


async def _stored(connection: AsyncConnection) -> UUID | None:
    epoch = await connection.scalar(_FITTING)
    return UUID(str(epoch)) if epoch is not None else None


async def is_on_hold(connection: AsyncConnection) -> bool:
    """Tell whether the service may act at all."""
    return bool((await connection.execute(_READ)).one().on_hold)


async def refuse_on_hold(connection: AsyncConnection) -> None:
    """Raise OnHoldError while the service is in HOLD."""
    if await is_on_hold(connection):
        raise OnHoldError


async def set_hold(connection: AsyncConnection, *, hold: bool) -> None:
    """Enter or leave HOLD."""
    await connection.execute(_HOLD, {"hold": hold})
