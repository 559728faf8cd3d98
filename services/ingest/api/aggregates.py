"""Broad figures for the operator; off unless turned on (S-103)."""

from typing import Any, Final

from fastapi import APIRouter

from services.ingest.actions.show_aggregates import show_aggregates
from services.ingest.api.examples import answers
from services.ingest.api.given import Given, Operator
from shared.kit.requests import Transaction
from shared.schemas.aggregates import Aggregates

router = APIRouter(tags=["aggregates"])

_AGGREGATES: Final[dict[str, Any]] = {
    "quarter_on": "2026-01-01",
    "least_consumers": 20,
    "least_subscribers": 5,
    "contributing_subscribers": 312,
    "cells": [
        {"region": "US-CA", "vertical": "dental", "dimension": "total", "band": "total", "consumers": 48_120},
        {"region": "US-CA", "vertical": "dental", "dimension": "age_group", "band": "adult", "consumers": 39_460},
    ],
}


@router.get("/v1/aggregates", response_model=Aggregates, responses=answers(_AGGREGATES))
async def read_aggregates(caller: Operator, connection: Transaction, deps: Given) -> Aggregates:
    """Show the newest quarter's figures; 403 `aggregates_off` unless the operator has turned them on."""
    return await show_aggregates(connection, settings=deps.settings)
