"""Counters of tries, one row a window, gone when the window is over: an address stands in them as its keyed hash only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import Database

_ADD: Final = """
insert into door_tries as t (window_name, ends_at, tries)
select name, ends_at, 1 from unnest($1::text[], $2::timestamptz[]) as w (name, ends_at) order by name
on conflict (window_name) do update set tries = t.tries + 1 returning window_name, tries
"""
_FORGET: Final = text("delete from door_tries where ends_at < :now")


async def add_tries(database: Database, windows: Sequence[tuple[str, datetime]]) -> dict[str, int]:
    """Add one try to each (window, its end) and return the counts by window."""
    async with database.raw() as connection:
        rows = await connection.fetch(_ADD, [name for name, _ in windows], [ends_at for _, ends_at in windows])
    return {row["window_name"]: row["tries"] for row in rows}


async def forget_tries(connection: AsyncConnection, *, now: datetime) -> None:
    """Delete the windows that are over."""
    await connection.execute(_FORGET, {"now": now})
