"""Rates an owner opens, and the records behind each."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.scheduler.actions.report_rates import report_rates
from services.scheduler.api import report_examples as worked
from services.scheduler.api.examples import answers, page_of
from services.scheduler.api.given import Given, Manager
from services.scheduler.api.reports import Days, Place, wanted_of
from services.scheduler.domain.rates import RateName
from services.scheduler.store.report_rates import read_rated
from shared.kit.db import set_subscriber
from shared.kit.requests import After, Limit, Transaction, read_time_cursor, time_page
from shared.schemas.rates import Rate, RatedRecord
from shared.schemas.reports import Report
from shared.schemas.wire import Page

router = APIRouter(tags=["reports"])


@router.get("/v1/reports/rates", responses=answers(worked.RATES))
async def show_rates(
    connection: Transaction, caller: Manager, deps: Given, days: Days, location_id: Place = None
) -> Report[Rate]:
    """Confirmations, missed appointments, recare, people booked ahead, returns, recovered work, retention; each with its formula."""
    await set_subscriber(connection, caller.subscriber)
    return await report_rates(connection, wanted_of(caller, location_id, days), now=deps.clock.now())


@router.get("/v1/reports/rates/rows", responses=answers(page_of(worked.RATED_RECORD)))
async def list_rated(
    connection: Transaction,
    caller: Manager,
    deps: Given,
    days: Days,
    rate: Annotated[
        RateName, Query(description="whose records", openapi_examples={"confirmed": {"value": "confirmed"}})
    ],
    location_id: Place = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[RatedRecord]:
    """The records that a rate takes, and which of them count."""
    await set_subscriber(connection, caller.subscriber)
    rows = await read_rated(
        connection,
        wanted_of(caller, location_id, days),
        rate,
        now=deps.clock.now(),
        after=read_time_cursor(after),
        limit=limit + 1,
    )
    found = [RatedRecord.model_validate(row) for row in rows]
    return time_page(found, limit, lambda last: (last.at, last.record_id))
