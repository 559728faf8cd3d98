"""Merges one prepared chunk in one transaction: rows, feed, consents, held people and the batch's progress stand or fall together (I2, I6)."""

from typing import Final
from uuid import UUID

from services.ingest.actions.admit_upload import Admission
from services.ingest.actions.reapply_edits import reapply_edits
from services.ingest.deps import Deps
from services.ingest.domain.batch import (
    APPOINTMENT,
    CONSUMER,
    MERGE,
    VEHICLE,
    VISIT,
    Prepared,
    Tally,
    Upload,
)
from services.ingest.store.batches import keep_progress
from services.ingest.store.child_kinds import CHILDREN
from services.ingest.store.child_rows import GONE
from services.ingest.store.consents import announce_consents
from services.ingest.store.erasing import write_beside
from services.ingest.store.keeping_out import keep_out
from services.ingest.store.merge import Merged, attach_parked, merge_rows
from services.ingest.store.merging import settle_merges, spread_optouts
from services.ingest.store.optouts import keep_optouts
from services.ingest.store.snapshots import name_rows
from services.ingest.store.staging import raw_of, stage_rows
from services.ingest.store.tables import STAGING_COLUMNS
from shared.kit.crashpoints import crashpoint
from shared.kit.crypto import keyed_hash
from shared.kit.db import RawConnection

_LINE: Final = len(STAGING_COLUMNS) - 1
_PARENTS: Final = {CONSUMER: "consumers", VEHICLE: "vehicles"}
_EVIDENCE: Final = ("appointment", "visit")
"""What permission rests on (S-022)."""


async def merge_chunk(
    deps: Deps, *, upload: Upload, admission: Admission, claim_id: UUID, prepared: Prepared, tally: Tally
) -> int:
    """Merge, add the chunk to `tally` (the batch's account so far) and return how many reported opt-outs are not on file yet.

    Raises, with nothing merged, BatchRunningError when another request has taken the batch over, BusyError when somebody was erased meanwhile.
    """
    pending = 0
    owner, batch_id, source = upload.subscriber_id, upload.batch_id, admission.source
    async with deps.api_db.transaction(upload.subscriber_id) as connection:
        await write_beside(connection)
        raw = await raw_of(connection)
        if prepared.rows or prepared.refused:
            changed = await _merge(raw, upload=upload, admission=admission, prepared=prepared)
            if changed is not None:
                await reapply_edits(
                    connection,
                    subscriber_id=owner,
                    people=changed,
                    source=source,
                    keys=admission.keys,
                    address_keys=deps.address_keys,
                    rules=admission.rules,
                )
        tally.add(prepared.tally)
        if prepared.optouts:
            where = {"subscriber_id": owner, "location_id": source.location_id, "batch_id": batch_id}
            pending = await keep_optouts(raw, **where, optouts=prepared.optouts)
            refused = "{" + ",".join(str(optout.person_id) for optout in prepared.optouts) + "}"
            pending += await spread_optouts(raw, subscriber_id=owner, people=refused, batch_id=batch_id)
        await keep_progress(
            raw,
            upload=upload,
            claim_id=claim_id,
            prepared=prepared,
            tally=tally,
        )
    crashpoint("ingest.after_chunk_commit")
    return pending


async def _merge(raw: RawConnection, *, upload: Upload, admission: Admission, prepared: Prepared) -> str | None:
    """People first, then what hangs on them, merges last; the chunk's account is filled in on the way. Return the people that changed."""
    owner, source = upload.subscriber_id, admission.source
    staging = await stage_rows(raw, connection_id=source.connection_id, rows=prepared.rows)
    gone, mark = keyed_hash(admission.keys.contents, GONE), admission.erased.mark
    await keep_out(raw, staging=staging, subscriber_id=owner, gone=gone, known=prepared.erased, mark=mark)
    crashpoint("ingest.after_staging")
    if upload.mode == "snapshot" and upload.entity is not None:
        named = {"subscriber_id": upload.subscriber_id, "batch_id": upload.batch_id}
        await name_rows(raw, staging=staging, entity=upload.entity, refused=prepared.refused, **named)
    proven, parted = list[str](), list[str]()
    changed = None
    for kind in (CONSUMER, *CHILDREN):
        if kind not in prepared.kinds:
            continue
        merged = await merge_rows(raw, staging=staging, kind=kind, subscriber_id=owner, source=source)
        prepared.tally.applied += merged.applied
        prepared.tally.parked += merged.parked
        prepared.tally.unchanged += merged.unchanged
        prepared.tally.superseded += merged.superseded
        _note_outcomes(prepared, kind, merged)
        if merged.arrived and kind in _PARENTS:
            attached = await attach_parked(raw, subscriber_id=owner, parent=_PARENTS[kind], arrived=merged.arrived)
            parted += [attached["merge"]] if "merge" in attached else []
            proven += [attached[name] for name in _EVIDENCE if name in attached]
        changed = merged.people if kind == CONSUMER else changed
        if merged.people and kind in (CONSUMER, APPOINTMENT, VISIT):
            proven.append(merged.people)
        if merged.people and kind == MERGE:
            parted.append(merged.people)
    for people in proven:
        await announce_consents(raw, subscriber_id=owner, people=people, now=source.now)
    for people in parted:
        await settle_merges(raw, subscriber_id=owner, people=people)
        await spread_optouts(raw, subscriber_id=owner, people=people, batch_id=upload.batch_id)
    return changed


def _note_outcomes(prepared: Prepared, kind: int, merged: Merged) -> None:
    lines = sorted([row[_LINE] for row in prepared.rows if row[0] == kind])
    letters = merged.outcomes or ("u" if merged.unchanged else "a") * len(lines)
    prepared.outcomes.update(zip(lines, letters, strict=True))
