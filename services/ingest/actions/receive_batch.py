"""Receives a batch: reads, prepares and merges chunk after chunk, the next one prepared while the last one merges, durable before the answer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

from sqlalchemy.exc import DBAPIError

from services.ingest.actions.admit_upload import Admission
from services.ingest.actions.deliver_optouts import deliver_optouts
from services.ingest.actions.finish_batch import finish_batch
from services.ingest.actions.merge_chunk import merge_chunk
from services.ingest.actions.prepare_chunk import Workshop, prepare_chunk
from services.ingest.actions.read_body import read_body
from services.ingest.actions.replay_report import replay_report
from services.ingest.deps import Deps
from services.ingest.domain.batch import MOST_REASONS, BatchIdReusedError, Claim, Prepared, Upload
from services.ingest.domain.csv_rows import Header, Layout, read_header
from services.ingest.domain.lines import Chunk
from services.ingest.domain.read_record import AnyRecord, RecordReader, key_in
from services.ingest.domain.source_health import FieldSample
from services.ingest.store.batches import CLAIM_SECONDS, close_batch, keep_header, renew_claim
from shared.kit.logs import log
from shared.schemas.ingest import BatchReport, Entity


async def receive_batch(
    deps: Deps, *, upload: Upload, admission: Admission, pieces: AsyncIterator[bytes]
) -> BatchReport:
    """Process an admitted batch to its report. When it fails, whole chunks that were merged stay and a repeat goes on after them.

    Raises UnreadableBodyError, TooLargeError, HeaderUnreadableError, BatchIdReusedError, BatchRunningError.
    """
    body_hash = hashlib.sha256()
    claim = admission.claim
    if claim is None:
        return await replay_report(deps, upload=upload, pieces=pieces)
    run = _Run(deps, upload, admission, claim)
    after = (claim.lines, claim.lines_hash or b"", claim.octets) if upload.from_octet else (0, b"", 0)
    beat = asyncio.create_task(run.keep_claim())
    try:
        async with aclosing(read_body(pieces, upload=upload, body_hash=body_hash, after=after)) as chunks:
            await run.process(chunks)
        await run.end_delivery()
        return await finish_batch(
            deps, upload=upload, admission=admission, claim=claim, body_hash=body_hash.digest(), columns=run.columns
        )
    except BaseException:
        with suppress(Exception):
            await run.end_delivery()
        with suppress(Exception):
            await run.fail()
        raise
    finally:
        beat.cancel()


class _Run:
    """One try at one batch."""

    def __init__(self, deps: Deps, upload: Upload, admission: Admission, claim: Claim) -> None:
        self._deps, self._upload, self._admission, self._claim = deps, upload, admission, claim
        self._tally = claim.tally
        self._rejections = claim.rejections
        self._header: Header | None = None
        self._reader = RecordReader(upload.source_time, claim.tally.dropped)
        self._first_row: bytes | None = None
        self._has_pending, self._optout_answers = False, True
        self._delivering: asyncio.Task[None] | None = None
        self._resumed = claim.lines == 0 or bool(upload.from_octet)
        self._layout = Layout(upload.charset, upload.dates)
        self._sample, self._is_first = FieldSample(), True
        if upload.from_octet and claim.header is not None and upload.entity is not None:
            self._header = read_header(claim.header, upload.entity, self._layout)

    @property
    def columns(self) -> dict[Entity, tuple[list[str], list[str]]]:
        """Which fields the first records of this try fill."""
        return self._sample.columns()

    async def process(self, chunks: AsyncIterator[Chunk]) -> None:
        """Merge every chunk; a chunk that was whole when the body broke off is still merged."""
        loop = asyncio.get_running_loop()
        merging: asyncio.Task[None] | None = None
        try:
            async for chunk in chunks:
                if self._is_done(chunk):
                    continue
                prepared = await loop.run_in_executor(self._deps.preparer, self._prepare, chunk)
                if merging is not None:
                    await merging
                    merging = None
                if prepared.tally.received:
                    merging = asyncio.create_task(self._merge(prepared))
            if merging is not None:
                await merging
        finally:
            if merging is not None:
                await asyncio.wait((merging,))
                if not merging.cancelled():
                    merging.exception()
        if not self._resumed:
            raise BatchIdReusedError

    def _is_done(self, chunk: Chunk) -> bool:
        """Skip what an earlier try has merged; another content up to there is another batch."""
        if self._upload.media == "csv" and self._header is None:
            assert self._upload.entity is not None
            self._first_row = chunk.lines.pop(0)
            self._header = read_header(self._first_row, self._upload.entity, self._layout)
            chunk.numbers.pop(0)
        if self._resumed:
            return False
        if chunk.last_line > self._claim.lines:
            raise BatchIdReusedError
        if chunk.last_line == self._claim.lines:
            if chunk.lines_hash != self._claim.lines_hash:
                raise BatchIdReusedError
            self._resumed = True
        return True

    def _prepare(self, chunk: Chunk) -> Prepared:
        workshop = Workshop(
            self._admission.source,
            self._admission.keys,
            self._deps.address_keys,
            self._admission.rules,
            MOST_REASONS - self._rejections,
            self._upload.entity if self._upload.mode == "snapshot" else None,
            key_in if self._header is None else self._header.key_in,
            self._sample if self._is_first else None,
            self._admission.erased,
        )
        self._is_first = False
        prepared = prepare_chunk(chunk, read=self._read, reader=self._reader, workshop=workshop)
        self._rejections += len(prepared.rejections)
        return prepared

    def _read(self, line: bytes, reader: RecordReader) -> tuple[AnyRecord, str | None] | None:
        if self._header is None:
            return reader.read_json(line)
        cells = self._header.cells(line, reader.dropped)
        return reader.read_cells(cells) if cells is not None else None

    async def _merge(self, prepared: Prepared) -> None:
        deps, upload = self._deps, self._upload
        if self._first_row is not None:
            async with deps.api_db.transaction(upload.subscriber_id) as connection:
                await keep_header(connection, upload=upload, claim_id=self._claim.claim_id, header=self._first_row)
            self._first_row = None
        pending = await merge_chunk(
            deps,
            upload=upload,
            admission=self._admission,
            claim_id=self._claim.claim_id,
            prepared=prepared,
            tally=self._tally,
        )
        if pending and self._optout_answers:
            self._has_pending = True
            if self._delivering is None or self._delivering.done():
                self._delivering = asyncio.create_task(self._deliver())

    async def _deliver(self) -> None:
        """Bring opt-outs to optout beside the merging of the chunks that follow; what comes meanwhile goes in the next call."""
        deps, upload = self._deps, self._upload
        while self._has_pending and self._optout_answers:
            self._has_pending = False
            try:
                self._optout_answers = await deliver_optouts(
                    deps.api_db,
                    optout=deps.optout,
                    now=deps.clock.now(),
                    subscriber_id=upload.subscriber_id,
                    batch_id=upload.batch_id,
                )
            except (DBAPIError, OSError) as error:  # their people stay held and a worker delivers
                log("ingest.batches").warning("optouts_postponed", batch_id=str(upload.batch_id), exc_info=error)
                self._optout_answers = False

    async def end_delivery(self) -> None:
        """Wait until every opt-out of the batch is on file, or optout has not answered (S-037)."""
        if self._delivering is not None:
            await self._delivering

    async def keep_claim(self) -> None:
        """Renew the claim while the body arrives, however slowly."""
        while True:
            await asyncio.sleep(CLAIM_SECONDS / 4)
            with suppress(Exception):
                async with self._deps.api_db.transaction(self._upload.subscriber_id) as connection:
                    await renew_claim(connection, upload=self._upload, claim_id=self._claim.claim_id)

    async def fail(self) -> None:
        """Leave the batch as failed, ready to be sent again."""
        log("ingest.batches").warning("batch_failed", batch_id=str(self._upload.batch_id))
        async with self._deps.api_db.transaction(self._upload.subscriber_id) as connection:
            await close_batch(
                connection,
                upload=self._upload,
                claim_id=self._claim.claim_id,
                state="failed",
                now=self._deps.clock.now(),
            )
