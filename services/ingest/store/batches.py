"""Batches: who processes one, how far it is, what it reports. The claim runs by the database's clock and fences by its id."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import (
    COUNTS,
    MOST_REJECTIONS,
    BatchRunningError,
    Claim,
    Prepared,
    Tally,
    Upload,
)
from services.ingest.domain.outcome import spread_outcomes
from shared.kit.db import RawConnection
from shared.schemas.ingest import BatchReport, Rejection

CLAIM_SECONDS: Final = 20.0

_OPEN: Final = text("""
insert into batches (subscriber_id, batch_id, connection_id, state, claim_id, claimed_until, started_at, mode, entity, snapshot_at, sequence)
values (:subscriber, :batch, :connection, 'running', :claim, clock_timestamp() + make_interval(secs => :seconds), :now,
    :mode, :entity, :snapshot_at, :sequence)
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
_OPEN_STILL: Final = """exists (
    select from connections k where k.subscriber_id = batches.subscriber_id and k.connection_id = batches.connection_id and k.ended_at is null)"""
_PROGRESS: Final = """
update batches set lines = $4, lines_hash = $5, octets = $6, dropped_fields = $7::text::jsonb, flagged_addresses = $8::text::jsonb,
    claimed_until = clock_timestamp() + make_interval(secs => $9), {counts}
where subscriber_id = $1 and batch_id = $2 and claim_id = $3 and state = 'running' and {open_still} returning true
""".replace("{open_still}", _OPEN_STILL).replace(
    "{counts}", ", ".join(f"{name} = ${number}" for number, name in enumerate(COUNTS, start=10))
)
_RESULTS: Final = """
insert into batch_results (subscriber_id, batch_id, first_line, outcomes)
select $1, $2, r.first_line, r.outcomes from unnest($3::bigint[], $4::text[]) as r (first_line, outcomes) on conflict do nothing
"""
_HEADER: Final = text("""
update batches set header = :header where subscriber_id = :subscriber and batch_id = :batch and claim_id = :claim and state = 'running'
""")
_REJECT: Final = """
insert into rejections (subscriber_id, batch_id, line, field, code) select $1, $2, r.line, r.field, r.code
from unnest($3::bigint[], $4::text[], $5::text[]) as r (line, field, code) on conflict do nothing
"""
_FINISH: Final = text(f"""
update batches set state = :state, body_hash = :body_hash, finished_at = :now, optouts = optouts - :waiting, absent = absent + :absent,
    quarantine = :quarantine
where subscriber_id = :subscriber and batch_id = :batch and claim_id = :claim and state = 'running'
    and (:state = 'failed' or {_OPEN_STILL}) returning true
""")  # noqa: S608 - a constant
_REJECTIONS: Final = text("""
select line, field, code from rejections where subscriber_id = :subscriber and batch_id = :batch order by line limit :limit
""")
_COUNT_REJECTIONS: Final = text(
    "select count(*) from rejections where subscriber_id = :subscriber and batch_id = :batch"
)
_LIST: Final = text("""
select b.* from batches b join connections c on c.subscriber_id = b.subscriber_id and c.connection_id = b.connection_id
where b.subscriber_id = :subscriber and (cast(:state as text) is null or b.state = :state)
    and (cast(:before as uuid) is null or b.batch_id < :before)
    and (cast(:locations as uuid[]) is null or c.location_id = any(cast(:locations as uuid[])))
order by b.batch_id desc limit :limit
""")
_QUARANTINED: Final = text("""
select b.*, c.location_id, c.go_live_at from batches b
join connections c on c.subscriber_id = b.subscriber_id and c.connection_id = b.connection_id
where b.subscriber_id = :subscriber and b.batch_id = :batch for update of b
""")
_DECIDE: Final = text("""
update batches set state = :state, decided_by = :by, decided_at = :now where subscriber_id = :subscriber and batch_id = :batch
""")
_ADD_ABSENT: Final = text(
    "update batches set absent = absent + :absent where subscriber_id = :subscriber and batch_id = :batch"
)
_NEXT_RESULTS: Final = text("""
select first_line, outcomes from batch_results where subscriber_id = :subscriber and batch_id = :batch and first_line > :after
order by first_line limit 1
""")
_REFUSED: Final = text("""
select line, field, code from rejections where subscriber_id = :subscriber and batch_id = :batch and line >= :first and line < :last
""")
_END: Final = text("""
with ended as (
    update batches set state = case state when 'running' then 'failed' else 'rejected' end, finished_at = coalesce(finished_at, :now),
        decided_by = case state when 'quarantined' then :by end, decided_at = case state when 'quarantined' then cast(:now as timestamptz) end
    where subscriber_id = :subscriber and connection_id = :connection and state in ('running', 'quarantined') returning batch_id
)
delete from snapshot_rows where subscriber_id = :subscriber and batch_id in (select batch_id from ended)
""")
_FIND: Final = text("select * from batches where subscriber_id = :subscriber and batch_id = :batch")


async def open_batch(connection: AsyncConnection, *, upload: Upload, claim_id: UUID, now: datetime) -> bool:
    """Make the batch, claimed by us; false if it exists."""
    moment = min(upload.source_time or now, now)
    values: dict[str, Any] = {**_key(upload), "connection": upload.connection_id, "claim": claim_id, "now": now}
    values |= {"mode": upload.mode, "entity": upload.entity, "snapshot_at": moment, "sequence": upload.sequence}
    return bool(await connection.scalar(_OPEN, values | {"seconds": CLAIM_SECONDS}))


async def lock_batch(connection: AsyncConnection, upload: Upload) -> Any:
    """Return the batch's row, locked, with `claim_lives`."""
    return (await connection.execute(_LOCK, _key(upload))).one()


async def take_batch(connection: AsyncConnection, *, upload: Upload, row: Any, claim_id: UUID) -> Claim:
    """Take over a failed or abandoned batch (the row is locked) where it stopped."""
    await connection.execute(_TAKE, {**_key(upload), "claim": claim_id, "seconds": CLAIM_SECONDS})
    tally = Tally(**{name: getattr(row, name) for name in COUNTS})
    tally.dropped.update(row.dropped_fields)
    tally.flagged.update(row.flagged_addresses)
    kept = int(await connection.scalar(_COUNT_REJECTIONS, _key(upload)) or 0)
    return Claim(claim_id, row.started_at, row.lines, row.lines_hash, tally, kept, row.octets, row.header)


async def renew_claim(connection: AsyncConnection, *, upload: Upload, claim_id: UUID) -> None:
    """Keep the claim while a slow body arrives."""
    await connection.execute(_RENEW, {**_key(upload), "claim": claim_id, "seconds": CLAIM_SECONDS})


async def keep_header(connection: AsyncConnection, *, upload: Upload, claim_id: UUID, header: bytes) -> None:
    """Keep a CSV's first row, which names columns and nobody, for an upload that goes on in the middle."""
    await connection.execute(_HEADER, {**_key(upload), "claim": claim_id, "header": header})


async def keep_progress(
    connection: RawConnection, *, upload: Upload, claim_id: UUID, prepared: Prepared, tally: Tally
) -> None:
    """Write how far the batch is, in the transaction of its chunk; raises BatchRunningError when somebody else holds it now or its source
    has ended."""
    key = (upload.subscriber_id, upload.batch_id)
    stand = (prepared.last_line, prepared.lines_hash, prepared.octets)
    words = (json.dumps(tally.dropped), json.dumps(tally.flagged), CLAIM_SECONDS)
    counts = [getattr(tally, name) for name in COUNTS]
    if not await connection.fetchval(_PROGRESS, *key, claim_id, *stand, *words, *counts):
        raise BatchRunningError
    if prepared.rejections:
        numbers, fields, codes = zip(*prepared.rejections, strict=True)
        await connection.execute(_REJECT, *key, list(numbers), list(fields), list(codes))
    if prepared.outcomes:
        firsts, outcomes = zip(*spread_outcomes(prepared.outcomes), strict=True)
        await connection.execute(_RESULTS, *key, list(firsts), list(outcomes))


async def close_batch(
    connection: AsyncConnection,
    *,
    upload: Upload,
    claim_id: UUID,
    state: str,
    now: datetime,
    body_hash: bytes | None = None,
    waiting: int = 0,
    absent: int = 0,
    quarantine: str | None = None,
) -> bool:
    """End the batch as `applied`, `quarantined` or `failed`, less the opt-outs that still wait; false when somebody else holds it now."""
    values = {**_key(upload), "claim": claim_id, "state": state, "body_hash": body_hash, "waiting": waiting, "now": now}
    values |= {"absent": absent, "quarantine": quarantine}
    return bool(await connection.scalar(_FINISH, values))


async def find_report(connection: AsyncConnection, *, subscriber_id: UUID, batch_id: UUID) -> BatchReport | None:
    """Return a batch's report, or None."""
    row = (await connection.execute(_FIND, {"subscriber": subscriber_id, "batch": batch_id})).first()
    return await _report(connection, row) if row is not None else None


async def list_reports(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    state: str | None,
    location_ids: list[UUID] | None,
    before: UUID | None,
    limit: int,
) -> list[BatchReport]:
    """Return a page of reports by descending batch id; `location_ids` None means all."""
    values = {"subscriber": subscriber_id, "state": state, "locations": location_ids, "before": before, "limit": limit}
    return [await _report(connection, row, listed=False) for row in await connection.execute(_LIST, values)]


async def lock_quarantined(connection: AsyncConnection, *, subscriber_id: UUID, batch_id: UUID) -> Any:
    """Return the row of a batch, locked, with its location, or None."""
    return (await connection.execute(_QUARANTINED, {"subscriber": subscriber_id, "batch": batch_id})).first()


async def keep_decision(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    batch_id: UUID,
    state: str,
    decided_by: str,
    now: datetime,
) -> None:
    """Write what a person decided about a quarantined snapshot."""
    values = {"subscriber": subscriber_id, "batch": batch_id, "state": state, "by": decided_by, "now": now}
    await connection.execute(_DECIDE, values)


async def add_absent(connection: AsyncConnection, *, subscriber_id: UUID, batch_id: UUID, absent: int) -> None:
    """Count rows that a released snapshot deleted."""
    await connection.execute(_ADD_ABSENT, {"subscriber": subscriber_id, "batch": batch_id, "absent": absent})


async def end_batches(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID, by: str, now: datetime
) -> None:
    """End what is under way or waits for a decision at a connection: a chunk that comes to its progress finds the batch failed and is undone."""
    values = {"subscriber": subscriber_id, "connection": connection_id, "by": by, "now": now}
    await connection.execute(_END, values)


async def read_results(
    connection: AsyncConnection, *, subscriber_id: UUID, batch_id: UUID, after_line: int
) -> tuple[int, str, dict[int, tuple[str, str]]] | None:
    """Return the next chunk's first line, its outcomes and the refusals in it by line, or None at the end."""
    key = {"subscriber": subscriber_id, "batch": batch_id}
    row = (await connection.execute(_NEXT_RESULTS, key | {"after": after_line})).first()
    if row is None:
        return None
    last = row.first_line + len(row.outcomes)
    refused = await connection.execute(_REFUSED, key | {"first": row.first_line, "last": last})
    return row.first_line, row.outcomes, {item.line: (item.field, item.code) for item in refused}


async def _report(connection: AsyncConnection, row: Any, *, listed: bool = True) -> BatchReport:
    key = {"subscriber": row.subscriber_id, "batch": row.batch_id}
    found = list(await connection.execute(_REJECTIONS, key | {"limit": MOST_REJECTIONS})) if listed else []
    counts: dict[str, Any] = {name: getattr(row, name) for name in COUNTS}
    return BatchReport(
        batch_id=row.batch_id,
        connection_id=row.connection_id,
        state=row.state,
        dropped_fields=row.dropped_fields,
        flagged_addresses=row.flagged_addresses,
        rejections=[Rejection(line=item.line, field=item.field, code=item.code) for item in found],
        started_at=row.started_at,
        finished_at=row.finished_at,
        mode=row.mode,
        quarantine=row.quarantine,
        lines=row.lines,
        octets=row.octets,
        **counts,
    )


def _key(upload: Upload) -> dict[str, UUID]:
    return {"subscriber": upload.subscriber_id, "batch": upload.batch_id}
