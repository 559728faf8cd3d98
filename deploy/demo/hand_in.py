"""Hands a batch of canonical records to ingest, as a practice system's export does every night."""

import gzip
from collections.abc import Sequence
from uuid import UUID, uuid4

from deploy.demo.businesses import Json
from deploy.demo.evidence import Batch
from deploy.demo.sample import ndjson
from deploy.demo.set_up import Site
from shared.schemas.ingest import BatchReport


async def hand_in_records(site: Site, connection_id: UUID, records: Sequence[Json], *, to_refuse: int) -> Batch:
    """Sends the records as gzipped NDJSON; `to_refuse` of them are broken on purpose."""
    answer = await site.ingest.call(
        "POST",
        "/v1/batches",
        content=gzip.compress(ndjson(records)),
        headers={"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
        params={"connection_id": str(connection_id), "batch_id": str(uuid4())},
        wait_for_facts=True,
    )
    return Batch(len(records), to_refuse, BatchReport.model_validate(answer))
