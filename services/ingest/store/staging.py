"""Puts a chunk's rows where a merge can read them: COPY into one of a few permanent tables that row-level security does not cover.

Emptying the table is also the lock: chunks of one connection, and connections that share a table, merge one after the other.
"""

from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.tables import STAGING_COLUMNS, STAGING_SLOTS
from shared.kit.db import RawConnection

_COLUMNS: Final = [name for name, _ in STAGING_COLUMNS]
_BY_KEY: Final = "; ".join(
    f"set local enable_{way} = off" for way in ("hashjoin", "mergejoin", "material", "bitmapscan", "seqscan")
)


async def look_up_by_key(connection: RawConnection) -> None:
    """Have this transaction find every row by its key (see store/merge.py): a chunk then costs the same in an empty and in a full database."""
    await connection.execute(_BY_KEY)


async def stage_rows(connection: RawConnection, *, connection_id: UUID, rows: list[tuple[Any, ...]]) -> str:
    """Copy rows into the connection's staging table and return its name; they stay until the next chunk of that table."""
    table = f"staging_{connection_id.int % STAGING_SLOTS}"
    await look_up_by_key(connection)
    await connection.execute(f"truncate {table}")
    await connection.copy_records_to_table(table, records=rows, columns=_COLUMNS)
    return table


async def raw_of(connection: AsyncConnection) -> RawConnection:
    """Return the driver's connection below a transaction that has begun (its context is set), for COPY and merges in that transaction."""
    return cast("RawConnection", (await connection.get_raw_connection()).driver_connection)
