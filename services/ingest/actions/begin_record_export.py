"""Puts an export of a subscriber's own data on record before its first line (S-056, S-132)."""

from datetime import timedelta
from typing import Final

from services.ingest.deps import Deps
from services.ingest.domain.export_lines import TooManyExportsError
from services.ingest.store.exports import add_export, count_since
from shared.kit.auth import Caller
from shared.kit.epoch import refuse_on_hold
from shared.kit.errors import NotAllowedError
from shared.kit.ids import new_id
from shared.kit.logs import log
from shared.schemas.record_exports import RecordExport, RecordExportInput

MOST_A_DAY: Final = 40
"""Every kind of record in both formats, with some to spare."""


async def begin_record_export(deps: Deps, *, caller: Caller, wanted: RecordExportInput) -> RecordExport:
    """Return the record of it, committed. Raises SignInStaleError, NotAllowedError, TooManyExportsError, OnHoldError."""
    owner, now = caller.subscriber, deps.clock.now()
    caller.refuse_stale_sign_in(now)
    if wanted.location_id is not None and not caller.covers(wanted.location_id):
        raise NotAllowedError
    record = RecordExport(
        export_id=new_id(),
        entity=wanted.entity,
        format=wanted.format,
        location_id=wanted.location_id,
        purpose=wanted.purpose,
        requested_by=caller.name,
        made_at=now,
        rows=None,
        finished_at=None,
    )
    async with deps.api_db.transaction(owner) as connection:
        await refuse_on_hold(connection)
        if await count_since(connection, subscriber_id=owner, since=now - timedelta(days=1)) >= MOST_A_DAY:
            log("ingest.exports").error("exports_refused", subscriber_id=str(owner), caller=caller.name)
            raise TooManyExportsError
        await add_export(connection, subscriber_id=owner, record=record)
    log("ingest.exports").warning(
        "record_export", subscriber_id=str(owner), export_id=str(record.export_id), caller=caller.name
    )
    return record
