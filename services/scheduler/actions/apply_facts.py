"""Applies a page of ingest's feed: the newest row of each record wins, whole kinds at a time, people before what hangs on them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.facts import drop_facts, keep_facts
from shared.kit.crashpoints import crashpoint
from shared.schemas.ingest import AppointmentFacts, ConnectionFacts, ConsumerFacts, VisitFacts
from shared.schemas.wire import Change

KINDS: Final[dict[str, type[BaseModel]]] = {
    "consumer": ConsumerFacts,
    "appointment": AppointmentFacts,
    "visit": VisitFacts,
    "connection": ConnectionFacts,
}


async def apply_facts(connection: AsyncConnection, changes: Sequence[Change]) -> None:
    """Bring our facts to where the page leaves them. Kinds that are not ours are passed over (tolerant reader)."""
    newest: dict[str, dict[tuple[UUID, UUID], dict[str, object] | None]] = {kind: {} for kind in KINDS}
    for change in changes:
        if change.kind in newest and change.subscriber_id is not None:
            newest[change.kind][change.subscriber_id, change.key] = change.body
    for kind, model in KINDS.items():
        rows: list[dict[str, Any]] = []
        gone: list[tuple[UUID, UUID]] = []
        for (subscriber_id, key), body in sorted(newest[kind].items(), key=lambda row: row[0]):
            if body is None:
                gone.append((subscriber_id, key))
            else:
                rows.append({"subscriber_id": subscriber_id} | model.model_validate(body).model_dump())
        await keep_facts(connection, kind, rows)
        await drop_facts(connection, kind, gone)
    crashpoint("scheduler.after_facts")
