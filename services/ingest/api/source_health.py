"""How well each source keeps us up to date: for its subscriber, and for the operator over all of them."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter

from services.ingest.actions.list_source_health import list_source_health
from services.ingest.actions.read_source_signals import read_source_signals
from services.ingest.actions.show_source_health import show_source_health
from services.ingest.api.examples import CONNECTION, CONNECTION_ID, SUBSCRIBER_ID, answers
from services.ingest.api.given import Given, Operator, Uploader
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.sync_health import SourceHealth, SourceSignals
from shared.schemas.wire import Page

router = APIRouter(tags=["source health"])

_HEALTH: Final[dict[str, Any]] = {
    **{name: CONNECTION[name] for name in ("connection_id", "location_id", "name", "connector", "interval_minutes")},
    "freshness": "late",
    "last_success_at": "2026-03-02T07:00:00Z",
    "lag_minutes": 185,
    "late_after": "2026-03-02T09:00:00Z",
    "rows": {
        "received": 4120,
        "applied": 310,
        "unchanged": 3790,
        "superseded": 2,
        "parked": 14,
        "rejected": 4,
        "absent": 3,
    },
    "row_drift": [{"entity": "consumer", "latest": 2050, "usual": 2041, "changed_percent": 0}],
    "column_drift": [
        {"entity": "consumer", "gone": ["email"], "added": [], "changed_at": "2026-03-01T07:00:00Z"},
    ],
    "held": {"parked": 14, "parked_since": "2026-02-27T15:00:00Z", "people": 2, "optouts": 0, "quarantined": 0},
    "alarms": ["source_late", "columns_gone", "records_parked"],
}
_SIGNALS: Final[dict[str, Any]] = {
    "sources": 212,
    "late_sources": 1,
    "quarantined_batches": 0,
    "waiting_optouts": 0,
    "late": [
        {
            "subscriber_id": SUBSCRIBER_ID,
            "connection_id": CONNECTION_ID,
            "connector": "fhir",
            "interval_minutes": 60,
            "last_success_at": "2026-03-02T07:00:00Z",
        }
    ],
}


@router.get(
    "/v1/source-health",
    response_model=Page[SourceHealth],
    responses=answers({"items": [_HEALTH], "next": None}),
)
async def list_all_health(
    caller: Uploader, connection: Transaction, deps: Given, after: After = None, limit: Limit = 50
) -> Page[SourceHealth]:
    """List how well the connections of the locations this credential covers keep us up to date, with their alarms."""
    return await list_source_health(connection, caller=caller, after=after, limit=limit, now=deps.clock.now())


@router.get("/v1/source-health/all", response_model=SourceSignals, responses=answers(_SIGNALS))
async def read_all_signals(caller: Operator, deps: Given) -> SourceSignals:
    """Count late sources and what waits for a person, over all subscribers' live locations."""
    return await read_source_signals(deps.worker_db, now=deps.clock.now())


@router.get("/v1/connections/{connection_id}/health", response_model=SourceHealth, responses=answers(_HEALTH))
async def read_health(connection_id: UUID, caller: Uploader, connection: Transaction, deps: Given) -> SourceHealth:
    """Show how well one connection keeps us up to date."""
    return await show_source_health(connection, caller=caller, connection_id=connection_id, now=deps.clock.now())
