"""Paces: limits and where they stand, locked row by row so that they hold over any number of processes."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, fields
from typing import Any, Final, cast

from sqlalchemy import delete, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.pacing import Pace, PaceId, PaceKind
from services.mailer.store.routing_tables import paces

_COLUMNS: Final = tuple(paces.c[each.name] for each in fields(Pace))
_LOCK: Final = text(f"""
select {", ".join(f"p.{column.name}" for column in _COLUMNS)}
from paces p join unnest(cast(:kinds as text[]), cast(:keys as text[])) as w (kind, key) on p.kind = w.kind and p.key = w.key
order by p.kind, p.key for update of p
""")  # noqa: S608 - names of columns


async def lock_paces(connection: AsyncConnection, ids: Collection[PaceId]) -> dict[PaceId, Pace]:
    """Return those of these paces that exist, locked until the transaction ends, always in the same order."""
    if not ids:
        return {}
    values = {"kinds": [kind for kind, _ in ids], "keys": [key for _, key in ids]}
    found = [_pace(row) for row in await connection.execute(_LOCK, values)]
    return {(pace.kind, pace.key): pace for pace in found}


async def keep_paces(connection: AsyncConnection, changed: Iterable[Pace]) -> None:
    """Write paces back; those that limit nothing any more are forgotten."""
    kept = [asdict(pace) for pace in changed if not pace.is_void]
    void = [(pace.kind, pace.key) for pace in changed if pace.is_void]
    if kept:
        new = insert(paces)
        same = {column.name: new.excluded[column.name] for column in _COLUMNS if not column.primary_key}
        await connection.execute(new.on_conflict_do_update(index_elements=["kind", "key"], set_=same), kept)
    if void:
        await connection.execute(delete(paces).where(tuple_(paces.c.kind, paces.c.key).in_(void)))


async def lock_or_make(connection: AsyncConnection, ids: Collection[PaceId]) -> dict[PaceId, Pace]:
    """As `lock_paces`, with a row made for each that has none."""
    rows = [{"kind": kind, "key": key} for kind, key in sorted(ids)]
    if rows:
        await connection.execute(insert(paces).on_conflict_do_nothing(), rows)
    return await lock_paces(connection, ids)


async def find_paces(connection: AsyncConnection, kind: PaceKind | None = None) -> list[Pace]:
    """Return all paces, or those of a kind, by kind and key."""
    wanted = select(*_COLUMNS).order_by(paces.c.kind, paces.c.key)
    if kind is not None:
        wanted = wanted.where(paces.c.kind == kind)
    return [_pace(row) for row in await connection.execute(wanted)]


async def find_pace(connection: AsyncConnection, pace_id: PaceId) -> Pace | None:
    """Return a pace, None where nothing limits."""
    wanted = select(*_COLUMNS).where(paces.c.kind == pace_id[0], paces.c.key == pace_id[1])
    row = (await connection.execute(wanted)).first()
    return _pace(row) if row else None


def _pace(row: Any) -> Pace:
    return Pace(**cast("dict[str, Any]", row._mapping))
