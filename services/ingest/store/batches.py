"""Batches: who processes one, how far it is, what it reports. The claim runs by the database's clock and fences by its id."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import MOST_REJECTIONS, BatchRunningError, Claim, Tally, Upload
from shared.kit.db import RawConnection
from shared.schemas.ingest import BatchReport, Rejection

CLAIM_SECONDS: Final = 20.0

_OPEN: Final = text("""
insert into batches (subscriber_id, batch_id, connection_id, state, claim_id, claimed_until, started_at)
values (:subscriber, :batch, :connection, 'running', :claim, clock_timestamp() + make_interval(secs => :seconds), :now)
on conflict do nothing returning true
""")
_LOCK: Final = text("""
select *, claimed_until > clock_timestamp() as claim_lives from batches where subscriber_id = :subscriber and batch_id = :batch for update
""")
_TAKE: Final = text("""
update batches set state = 'running', finished_at = null, claim_id = :claim, claimed_until = clock_timestamp() + make_interval(secs => :seconds)
where subscriber_id = :subscriber and batch_id = :batch
""")
_RENEW: Final = text("""
update batches set claimed_until = clock_timestamp() + make_interval(secs => :seconds)
where subscriber_id = :subscriber and batch_id = :batch and claim_id = :claim and state = 'running'
""")
_COUNTS: Final = ("received", "applied", "unchanged", "superseded", "parked", "rejected", "optouts")
_PROGRESS: Final = """
update batches set lines = $4, lines_hash = $5, received = $6, applied = $7, unchanged = $8, superseded = $9, parked = $10, rejected = $11,
    optouts = $12, dropped_fields = $13::text::jsonb, flagged_addresses = $14::text::jsonb,
    claimed_until = clock_timestamp() + make_interval(secs => $15)
where subscriber_id = $1 and batch_id = $2 and claim_id = $3 and state = 'running' returning true
"""
_REJECT: Final = """
insert into rejections (subscriber_id, batch_id, line, field, code) select $1, $2, r.line, r.field, r.code
from unnest($3::bigint[], $4::text[], $5::text[]) as r (line, field, code) on conflict do nothing
"""
_FINISH: Final = text("""
update batches set state = :state, body_hash = :body_hash, finished_at = :now, optouts = optouts - :waiting
where subscriber_id = :subscriber and batch_id = :batch and claim_id = :claim and state = 'running' returning true
""")
_REJECTIONS: Final = text("""
select line, field, code from rejections where subscriber_id = :subscriber and batch_id = :batch order by line limit :limit
""")
_COUNT_REJECTIONS: Final = text(
    "select count(*) from rejections where subscriber_id = :subscriber and batch_id = :batch"
)
_FIND: Final = text("select * from batches where subscriber_id = :subscriber and batch_id = :batch")


async def open_batch(connection: AsyncConnection, *, upload: Upload, claim_id: UUID, now: datetime) -> bool:
    """Make the batch, claimed by us; false if it exists."""
    values = {**_key(upload), "connection": upload.connection_id, "claim": claim_id, "now": now}
    return bool(await connection.scalar(_OPEN, values | {"seconds": CLAIM_SECONDS}))


async def lock_batch(connection: AsyncConnection, upload: Upload) -> Any:
    """Return the batch's row, locked, with `claim_lives`."""
    return (await connection.execute(_LOCK, _key(upload))).one()


async def take_batch(connection: AsyncConnection, *, upload: Upload, row: Any, claim_id: UUID) -> Claim:
    """Take over a failed or abandoned batch (the row is locked) where it stopped."""
    await connection.execute(_TAKE, {**_key(upload), "claim": claim_id, "seconds": CLAIM_SECONDS})
    tally = Tally(**{name: getattr(row, name) for name in _COUNTS})
    tally.dropped.update(row.dropped_fields)
    tally.flagged.update(row.flagged_addresses)
    kept = int(await connection.scalar(_COUNT_REJECTIONS, _key(upload)) or 0)
    return Claim(claim_id, row.started_at, row.lines, row.lines_hash, tally, kept)


async def renew_claim(connection: AsyncConnection, *, upload: Upload, claim_id: UUID) -> None:
    """Keep the claim while a slow body arrives."""
    await connection.execute(_RENEW, {**_key(upload), "claim": claim_id, "seconds": CLAIM_SECONDS})


async def keep_progress(
    connection: RawConnection,
    *,
    upload: Upload,
    claim_id: UUID,
    lines: int,
    lines_hash: bytes,
    tally: Tally,
    rejections: list[tuple[int, str, str]],
) -> None:
    """Write how far the batch is, in the transaction of its chunk; raises BatchRunningError when somebody else holds it now."""
    key = (upload.subscriber_id, upload.batch_id)
    counts = [getattr(tally, name) for name in _COUNTS]
    words = (json.dumps(tally.dropped), json.dumps(tally.flagged), CLAIM_SECONDS)
    if not await connection.fetchval(_PROGRESS, *key, claim_id, lines, lines_hash, *counts, *words):
        raise BatchRunningError
    if rejections:
        numbers, fields, codes = zip(*rejections, strict=True)
        await connection.execute(_REJECT, *key, list(numbers), list(fields), list(codes))


async def close_batch(
    connection: AsyncConnection,
    *,
    upload: Upload,
    claim_id: UUID,
    state: str,
    body_hash: bytes | None,
    waiting: int,
    now: datetime,
) -> bool:
    """End the batch as `applied` or `failed`, less the opt-outs that still wait; false when somebody else holds it now."""
    values = {**_key(upload), "claim": claim_id, "state": state, "body_hash": body_hash, "waiting": waiting, "now": now}
    return bool(await connection.scalar(_FINISH, values))


async def find_report(connection: AsyncConnection, *, subscriber_id: UUID, batch_id: UUID) -> BatchReport | None:
    """Return a batch's report, or None."""
    key = {"subscriber": subscriber_id, "batch": batch_id}
    row = (await connection.execute(_FIND, key)).first()
    if row is None:
        return None
    listed = await connection.execute(_REJECTIONS, key | {"limit": MOST_REJECTIONS})
    return BatchReport(
        batch_id=row.batch_id,
        connection_id=row.connection_id,
        state=row.state,
        dropped_fields=row.dropped_fields,
        flagged_addresses=row.flagged_addresses,
        rejections=[Rejection(line=item.line, field=item.field, code=item.code) for item in listed],
        started_at=row.started_at,
        finished_at=row.finished_at,
        **{name: getattr(row, name) for name in _COUNTS},
    )


def _key(upload: Upload) -> dict[str, UUID]:
    return {"subscriber": upload.subscriber_id, "batch": upload.batch_id}
