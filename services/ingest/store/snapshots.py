"""Snapshots: which rows one named, and which rows of its source it did not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import CONSUMER
from services.ingest.store.child_kinds import CHILDREN
from shared.kit.db import RawConnection

KIND_OF: Final = {"consumer": CONSUMER} | {child.name: kind for kind, child in CHILDREN.items()}
_NAME: Final = """
insert into snapshot_rows (subscriber_id, batch_id, id)
select $1::uuid, $2::uuid, id from {staging} where kind = $3 union select $1, $2, unnest($4::uuid[]) on conflict do nothing
"""
_KEPT: Final = """
from {table} kept where kept.subscriber_id = :subscriber and kept.connection_id = :connection and not kept.deleted
    and (kept.source_updated_at, kept.sequence) <= (:moment, :sequence)
"""
_ABSENT: Final = " and not exists (select from snapshot_rows s where s.subscriber_id = :subscriber and s.batch_id = :batch and s.id = kept.id)"
_FORGET: Final = text("delete from snapshot_rows where subscriber_id = :subscriber and batch_id = :batch")


class SnapshotKey(NamedTuple):
    """Which snapshot, of what, and the moment it speaks of."""

    subscriber: UUID
    batch: UUID
    connection: UUID
    entity: str
    moment: datetime
    sequence: int


def _words(entity: str) -> str:
    return "consumers" if entity == "consumer" else CHILDREN[KIND_OF[entity]].table


async def name_rows(
    connection: RawConnection,
    *,
    staging: str,
    subscriber_id: UUID,
    batch_id: UUID,
    entity: str,
    refused: Sequence[UUID],
) -> None:
    """Note which rows a chunk of a snapshot names, those it names in records that were `refused` too: they are not absent."""
    await connection.execute(_NAME.format(staging=staging), subscriber_id, batch_id, KIND_OF[entity], list(refused))


async def count_absent(connection: AsyncConnection, key: SnapshotKey) -> tuple[int, int]:
    """Return how many live rows are kept of the source and how many of them the snapshot does not name."""
    values = _values(key)
    kept = _KEPT.format(table=_words(key.entity))
    counted = await connection.execute(
        text(f"select count(*) as kept, count(*) filter (where true {_ABSENT}) as absent {kept}"),
        values,
    )
    row = counted.one()
    return row.kept, row.absent


async def find_absent(connection: AsyncConnection, key: SnapshotKey, *, limit: int) -> list[UUID]:
    """Return some rows that the snapshot does not name."""
    found = text(f"select kept.id {_KEPT.format(table=_words(key.entity))} {_ABSENT} limit :limit")
    return list(await connection.scalars(found, _values(key) | {"limit": limit}))


async def forget_names(connection: AsyncConnection, *, subscriber_id: UUID, batch_id: UUID) -> None:
    """Drop what a snapshot named: it has been acted on, or never will be."""
    await connection.execute(_FORGET, {"subscriber": subscriber_id, "batch": batch_id})


def _values(key: SnapshotKey) -> dict[str, Any]:
    named = key._asdict()
    del named["entity"]
    return named
