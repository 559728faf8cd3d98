"""Streams a subscriber's own records, people with what they have opted out of (N-113); one page in memory, no connection held meanwhile."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.export_lines import json_head, json_lines, json_tail
from services.ingest.store.exports import columns_of, end_export, opened, read_page
from shared.kit.auth import Caller
from shared.kit.csv_lines import csv_lines
from shared.schemas.optout import PermissionQuery
from shared.schemas.record_exports import RecordExport
from shared.schemas.token import MessageClass
from shared.schemas.topics import ARRANGED, TOPICS, Topic

_CLASSES: Final[tuple[MessageClass, ...]] = ("commercial", "transactional")
_QUESTIONS: Final[tuple[tuple[MessageClass, Topic | None], ...]] = (
    *((kind, None) for kind in _CLASSES),
    *(("transactional" if topic in ARRANGED else "commercial", topic) for topic in TOPICS),
)
_AT_ONCE: Final = 1000 // len(_QUESTIONS)
"""People of whom optout is asked at once; it takes 1,000 questions."""


async def stream_record_export(deps: Deps, *, caller: Caller, record: RecordExport) -> AsyncIterator[str]:
    """Yield the file. When optout is silent it breaks off, and the record of the export shows that it did."""
    owner, columns = caller.subscriber, columns_of(record.entity)
    keys = await deps.row_keys.of(deps.api_db, owner)
    places = [record.location_id] if record.location_id else list(caller.location_ids)
    yield csv_lines(columns, [], with_header=True) if record.format == "csv" else json_head(record, columns)
    after, sent, more = UUID(int=0), 0, True
    while more:
        async with deps.api_db.transaction(owner) as connection:
            rows = await read_page(
                connection,
                entity=record.entity,
                subscriber_id=owner,
                after=after,
                location_ids=places or None,
                limit=_AT_ONCE,
            )
        more = len(rows) == _AT_ONCE
        if not rows:
            break
        after, sent = rows[-1].id, sent + len(rows)
        values = [opened(record.entity, row, keys) for row in rows]
        if record.entity == "consumer":
            await _flag(deps, owner, rows, values)
        yield csv_lines(columns, values, with_header=False) if record.format == "csv" else json_lines(values)
    if record.format == "ndjson":
        yield json_tail(sent)
    async with deps.api_db.transaction(owner) as connection:
        await end_export(connection, subscriber_id=owner, export_id=record.export_id, rows=sent, now=deps.clock.now())


async def _flag(deps: Deps, owner: UUID, rows: Sequence[Any], values: Sequence[dict[str, Any]]) -> None:
    """Add what each person has opted out of: `all`, `commercial` or nothing, and the topics they switched off beside that.

    Without an address the source's own flag is all there is to know.
    """
    many = len(_QUESTIONS)
    queries = [
        PermissionQuery(
            query_id=UUID(int=many * number + place),
            subscriber_id=owner,
            location_id=row.location_id,
            address_key=row.address_key,
            person_ids=[row.id],
            message_class=kind,
            topic=topic,
        )
        for number, row in enumerate(rows)
        if row.address_key is not None
        for place, (kind, topic) in enumerate(_QUESTIONS)
    ]
    refused = set()
    if queries:
        answers = (await deps.optout.answer_queries(queries)).answers
        refused = {answer.query_id.int for answer in answers if answer.answer == "refused"}
    for number, (row, shown) in enumerate(zip(rows, values, strict=True)):
        mine = {question for place, question in enumerate(_QUESTIONS) if many * number + place in refused}
        is_all = ("transactional", None) in mine or row.refused_at_source
        shown["opted_out"] = "all" if is_all else "commercial" if ("commercial", None) in mine else ""
        beside = (topic for kind, topic in _QUESTIONS if topic and (kind, topic) in mine and (kind, None) not in mine)
        shown["opted_out_topics"] = " ".join(beside)
