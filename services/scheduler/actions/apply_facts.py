"""Applies a page of ingest's feed: the newest row of each record wins, whole kinds at a time, people before what hangs on them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.tell_due_dates import tell_due_dates
from services.scheduler.store.answers import drop_answers
from services.scheduler.store.due_facts import (
    TABLES,
    drop_due_facts,
    drop_readings,
    keep_due_facts,
    keep_readings,
)
from services.scheduler.store.facts import drop_facts, keep_facts
from services.scheduler.store.surveys import drop_surveys
from shared.kit.crashpoints import crashpoint
from shared.schemas.ingest import AppointmentFacts, ConnectionFacts, ConsumerFacts, VisitFacts
from shared.schemas.planning_facts import (
    OdometerReadingFacts,
    RecareDueFacts,
    RelationFacts,
    ServiceLineFacts,
    VehicleFacts,
)
from shared.schemas.wire import Change

KINDS: Final[dict[str, type[BaseModel]]] = {
    "consumer": ConsumerFacts,
    "appointment": AppointmentFacts,
    "visit": VisitFacts,
    "connection": ConnectionFacts,
    "recare_due": RecareDueFacts,
    "vehicle": VehicleFacts,
    "odometer_reading": OdometerReadingFacts,
    "service_line": ServiceLineFacts,
    "relation": RelationFacts,
}

Rows = list[dict[str, Any]]
Keys = list[tuple[UUID, UUID]]


async def apply_facts(connection: AsyncConnection, changes: Sequence[Change], *, now: datetime) -> None:
    """Bring our facts to where the page leaves them. Kinds not ours are passed over (tolerant reader)."""
    newest: dict[str, dict[tuple[UUID, UUID], dict[str, object] | None]] = {kind: {} for kind in KINDS}
    for change in changes:
        if change.kind in newest and change.subscriber_id is not None:
            newest[change.kind][change.subscriber_id, change.key] = change.body
    read: dict[str, tuple[Rows, Keys]] = {}
    for kind, model in KINDS.items():
        rows: Rows = []
        gone: Keys = []
        for (subscriber_id, key), body in sorted(newest[kind].items(), key=lambda row: row[0]):
            if body is None:
                gone.append((subscriber_id, key))
            else:
                rows.append({"subscriber_id": subscriber_id} | model.model_validate(body).model_dump())
        read[kind] = (rows, gone)
    await _keep(connection, read, now)
    crashpoint("scheduler.after_facts")


async def _keep(connection: AsyncConnection, read: Mapping[str, tuple[Rows, Keys]], now: datetime) -> None:
    for kind, (rows, gone) in read.items():
        if kind == "odometer_reading":
            await keep_readings(connection, rows)
        elif kind in TABLES:
            await keep_due_facts(connection, kind, rows)
            await drop_due_facts(connection, kind, gone)
        else:
            await keep_facts(connection, kind, rows, now=now)
            await drop_facts(connection, kind, gone)
            await drop_answers(connection, kind, gone)
            if kind == "consumer":
                await drop_surveys(connection, gone)
    readings, lost = read["odometer_reading"]
    vehicles = {
        (row["subscriber_id"], row["vehicle_id"])
        for row in readings + read["vehicle"][0]
        if row["vehicle_id"] is not None
    }
    vehicles |= await drop_readings(connection, lost)
    await tell_due_dates(connection, recares=read["recare_due"][0], vehicles=sorted(vehicles))
