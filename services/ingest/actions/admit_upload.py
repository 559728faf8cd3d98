"""Admits a batch before its first octet is read: may this caller upload here, and who else is at this batch?"""

from dataclasses import dataclass

from services.ingest.deps import Deps
from services.ingest.domain.address_choice import AddressRules
from services.ingest.domain.batch import (
    BatchIdReusedError,
    BatchRunningElsewhereError,
    Claim,
    ConnectionEndedError,
    ConnectionUnknownError,
    ResumeOffsetWrongError,
    Source,
    Tally,
    Upload,
)
from services.ingest.store.batches import lock_batch, open_batch, take_batch
from services.ingest.store.business import address_rules, refuse_without_agreement
from services.ingest.store.connections import find_connection
from services.ingest.store.keeping_out import ErasedPeople, read_erased_people
from services.ingest.store.row_keys import SubscriberKeys
from shared.kit.auth import Caller
from shared.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Admission:
    """What an admitted upload is processed with; `claim` is None when the batch is finished and only its report is asked for."""

    source: Source
    keys: SubscriberKeys
    rules: AddressRules
    erased: ErasedPeople
    claim: Claim | None


async def admit_upload(deps: Deps, *, caller: Caller, upload: Upload) -> Admission:
    """Claim the batch.

    Raises AgreementRequiredError, ConnectionUnknownError, ConnectionEndedError, BatchRunningError, BatchIdReusedError, ResumeOffsetWrongError.
    """
    now = deps.clock.now()
    async with deps.api_db.transaction(upload.subscriber_id) as connection:
        await refuse_without_agreement(connection, upload.subscriber_id)
        found = await find_connection(
            connection, subscriber_id=upload.subscriber_id, connection_id=upload.connection_id
        )
        if found is None or not caller.covers(found.location_id):
            raise ConnectionUnknownError
        if found.ended_at is not None:
            raise ConnectionEndedError
        rules = await address_rules(connection, upload.subscriber_id, found.location_id)
        erased = await read_erased_people(connection, upload.subscriber_id)
    keys = await deps.row_keys.of(deps.api_db, upload.subscriber_id)
    source = Source(
        upload.connection_id, found.location_id, found.go_live_at, now, now.date(), upload.sequence, upload.historic
    )
    claim_id = new_id()
    async with deps.api_db.transaction(upload.subscriber_id) as connection:
        if await open_batch(connection, upload=upload, claim_id=claim_id, now=now):
            if upload.from_octet:
                raise ResumeOffsetWrongError
            return Admission(source, keys, rules, erased, Claim(claim_id, now, 0, None, Tally(), 0))
        row = await lock_batch(connection, upload)
        if row.connection_id != upload.connection_id or row.mode != upload.mode:
            raise BatchIdReusedError
        if row.state in ("applied", "quarantined", "rejected"):
            return Admission(source, keys, rules, erased, None)
        if row.state == "running" and row.claim_lives:
            raise BatchRunningElsewhereError
        if upload.from_octet not in (None, row.octets):
            raise ResumeOffsetWrongError
        claim = await take_batch(connection, upload=upload, row=row, claim_id=claim_id)
        return Admission(source, keys, rules, erased, claim)
