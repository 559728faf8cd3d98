"""How much of a journal this database has: written into the database itself, so that a restored copy tells how old it is."""

from typing import Final
from uuid import UUID

from shared.kit.db import Database, RawConnection

JOURNALING: Final = 7320
"""Advisory lock: shared by whoever has journaled and not committed yet, exclusive for a checkpoint, which therefore has everything before it."""
_WAIT: Final = "select set_config('lock_timeout', '100', true)"
_LOCK: Final = f"select pg_advisory_xact_lock({JOURNALING})"
_READ: Final = "select position from journal_checkpoints where journal_id = $1"
_MARK: Final = """
insert into journal_checkpoints as c (journal_id, position) values ($1, $2)
on conflict (journal_id) do update set position = excluded.position where c.position < excluded.position
"""
_STARTED: Final = "select pg_postmaster_start_time()::text"


async def read_checkpoint(database: Database, journal_id: UUID) -> int:
    """Return the position up to which this database has a journal's entries, 0 if it has never heard of it."""
    return int(await database.glance(_READ, journal_id) or 0)


async def close_journaling(connection: RawConnection) -> None:
    """Wait until nobody is between journal and commit, at most 0.1 s, because doors queue behind this; holds until the transaction ends.

    Raises LockNotAvailableError when somebody takes longer: ask again later.
    """
    await connection.execute(_WAIT)
    await connection.execute(_LOCK)


async def keep_checkpoint(connection: RawConnection, journal_id: UUID, position: int) -> None:
    """Note that this database has everything up to a position."""
    await connection.execute(_MARK, journal_id, position)


async def read_server_start(connection: RawConnection) -> str:
    """Return when the server was started: a restored database is always behind a server that was started anew, or another database."""
    return str(await connection.fetchval(_STARTED))
