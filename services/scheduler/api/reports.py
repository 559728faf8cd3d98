"""Reports: figures with their formulas, the rows behind each figure, and the same as CSV."""

from datetime import date, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from services.scheduler.actions.report_capacity import report_capacity
from services.scheduler.actions.report_comparisons import report_comparisons
from services.scheduler.actions.report_credits import report_credits
from services.scheduler.actions.report_delivery import report_delivery
from services.scheduler.actions.report_effects import report_effects
from services.scheduler.actions.report_forecast import report_forecast
from services.scheduler.actions.report_rates import report_rates
from services.scheduler.actions.report_touches import report_touches
from services.scheduler.api import report_examples as worked
from services.scheduler.api.examples import TOUCH, answers, page_of
from services.scheduler.api.given import Given, Manager, locations_of, refuse_foreign_location
from services.scheduler.deps import Deps
from services.scheduler.domain.attribution import RULE, credit_windows
from services.scheduler.domain.described_touch import describe_touch
from services.scheduler.domain.errors import SpanUnusableError
from services.scheduler.store.report_touches import ReportFilter, TouchChoice, read_reported_touches
from services.scheduler.store.report_visits import read_credited_visits, read_returns
from shared.kit.auth import Caller
from shared.kit.csv_lines import csv_lines
from shared.kit.db import set_subscriber
from shared.kit.requests import After, Limit, Transaction, read_time_cursor, time_page
from shared.schemas.capacity import LocationCapacity
from shared.schemas.comparisons import ComparedVariant
from shared.schemas.rates import Rate
from shared.schemas.reports import (
    Credit,
    CreditedVisit,
    DeliveryRates,
    Effect,
    EffectRow,
    ForecastDay,
    Report,
    TouchCount,
)
from shared.schemas.scheduler import Touch, TouchState
from shared.schemas.wire import Page, Slug, Wire

router = APIRouter(tags=["reports"])
_MOST_DAYS: Final = 731
AnyReport = (
    Report[TouchCount]
    | Report[DeliveryRates]
    | Report[Credit]
    | Report[Effect]
    | Report[Rate]
    | Report[ForecastDay]
    | Report[LocationCapacity]
    | Report[ComparedVariant]
)
ReportName = Literal["touches", "delivery", "credits", "effects", "rates", "forecast", "capacity", "comparisons"]
_COLUMNS: Final[dict[ReportName, type[Wire]]] = {
    "touches": TouchCount,
    "delivery": DeliveryRates,
    "credits": Credit,
    "effects": Effect,
    "rates": Rate,
    "forecast": ForecastDay,
    "capacity": LocationCapacity,
    "comparisons": ComparedVariant,
}
Place = Annotated[UUID | None, Query(description="only this location's; without it, all that the credential covers")]
Type = Annotated[Slug | None, Query(description="only this campaign type's")]


async def _days(
    first_day: Annotated[
        date, Query(description="first local day", openapi_examples={"march": {"value": "2026-03-01"}})
    ],
    last_day: Annotated[
        date,
        Query(
            description="last local day, included; at most two years",
            openapi_examples={"march": {"value": "2026-03-31"}},
        ),
    ],
) -> tuple[date, date]:
    if not timedelta() <= last_day - first_day < timedelta(days=_MOST_DAYS):
        raise SpanUnusableError
    return first_day, last_day


Days = Annotated[tuple[date, date], Depends(_days)]


def places_of(caller: Caller, location_id: UUID | None) -> list[UUID] | None:
    """Return the locations a caller asks about, None for all. Raises NotFoundError for one that the credential does not cover."""
    if location_id is None:
        return locations_of(caller)
    refuse_foreign_location(caller, location_id)
    return [location_id]


def wanted_of(caller: Caller, location_id: UUID | None, days: tuple[date, date]) -> ReportFilter:
    """Return what a caller asks about. Raises NotFoundError for a location that the credential does not cover."""
    return ReportFilter(caller.subscriber, places_of(caller, location_id), *days)


async def _choice(
    campaign_type: Type = None,
    state: Annotated[TouchState | None, Query(description="only those in this state")] = None,
    month: Annotated[
        str | None, Query(pattern=r"^\d{4}-\d{2}$", description="only those due in this local month")
    ] = None,
    complained: Annotated[bool, Query(description="only those whose mail was reported as spam")] = False,
) -> TouchChoice:
    return TouchChoice(campaign_type, state, month, complained)


@router.get("/v1/reports/touches", responses=answers(worked.TOUCHES))
async def show_touches(
    connection: Transaction, caller: Manager, days: Days, location_id: Place = None
) -> Report[TouchCount]:
    """Touches due in the span by local month, campaign type and state."""
    await set_subscriber(connection, caller.subscriber)
    return await report_touches(connection, wanted_of(caller, location_id, days))


@router.get("/v1/reports/touches/rows", responses=answers(page_of(TOUCH)))
async def list_touches_behind(
    connection: Transaction,
    caller: Manager,
    deps: Given,
    days: Days,
    choice: Annotated[TouchChoice, Depends(_choice)],
    location_id: Place = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Touch]:
    """The touches behind the figures of `touches`, `delivery` and, in state `planned`, `forecast`."""
    await set_subscriber(connection, caller.subscriber)
    rows = await read_reported_touches(
        connection,
        wanted_of(caller, location_id, days),
        choice=choice,
        after=read_time_cursor(after),
        limit=limit + 1,
    )
    found = [describe_touch(row, deps.types) for row in rows]
    return time_page(found, limit, lambda last: (last.due_at, last.touch_id))


@router.get("/v1/reports/delivery", responses=answers(worked.DELIVERY))
async def show_delivery(
    connection: Transaction, caller: Manager, days: Days, location_id: Place = None
) -> Report[DeliveryRates]:
    """What became of the mail of each campaign type.

    `handed_over` = sent + bounced + uncertain, `sent_rate` = sent / handed_over, `bounce_rate` = bounced / handed_over,
    `complaint_rate` = complained / handed_over, `optout_rate` = stopped_by_optout / (handed_over + stopped_by_optout).
    """
    await set_subscriber(connection, caller.subscriber)
    return await report_delivery(connection, wanted_of(caller, location_id, days))


@router.get("/v1/reports/credits", responses=answers(worked.CREDITS), description=RULE)
async def show_credits(
    connection: Transaction, caller: Manager, deps: Given, days: Days, location_id: Place = None
) -> Report[Credit]:
    """Visits of the span and their revenue by the campaign type they are credited to, by the published rule (S-006)."""
    await set_subscriber(connection, caller.subscriber)
    return await report_credits(connection, wanted_of(caller, location_id, days), deps.types)


@router.get("/v1/reports/credits/rows", responses=answers(page_of(worked.CREDITED_VISIT)))
async def list_credited_visits(
    connection: Transaction,
    caller: Manager,
    deps: Given,
    days: Days,
    location_id: Place = None,
    campaign_type: Type = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[CreditedVisit]:
    """The visits behind the credits, each with the one touch it is credited to."""
    await set_subscriber(connection, caller.subscriber)
    rows = await read_credited_visits(
        connection,
        wanted_of(caller, location_id, days),
        credit_windows(deps.types),
        campaign_type=campaign_type,
        after=read_time_cursor(after),
        limit=limit + 1,
    )
    found = [CreditedVisit.model_validate(row) for row in rows]
    return time_page(found, limit, lambda last: (last.completed_at, last.visit_id))


@router.get("/v1/reports/effects", responses=answers(worked.EFFECTS))
async def show_effects(
    connection: Transaction, caller: Manager, deps: Given, days: Days, location_id: Place = None
) -> Report[Effect]:
    """Returns of the mailed against those of the held out, of every campaign type with `hold_out_percent`.

    `difference` = mailed_returned / mailed - held_out_returned / held_out, with Newcombe's interval at 95 %.
    """
    await set_subscriber(connection, caller.subscriber)
    return await report_effects(connection, wanted_of(caller, location_id, days), deps.types, now=deps.clock.now())


@router.get("/v1/reports/effects/rows", responses=answers(page_of(worked.EFFECT_ROW)))
async def list_returns(
    connection: Transaction,
    caller: Manager,
    deps: Given,
    days: Days,
    campaign_type: Annotated[
        Slug, Query(description="whose effect it is", openapi_examples={"recare": {"value": "recare_due"}})
    ],
    location_id: Place = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[EffectRow]:
    """The people behind an effect: their group, when their mail was due, and when they came."""
    await set_subscriber(connection, caller.subscriber)
    rows = await read_returns(
        connection,
        wanted_of(caller, location_id, days),
        credit_windows(deps.types),
        campaign_type=campaign_type,
        now=deps.clock.now(),
        after=read_time_cursor(after),
        limit=limit + 1,
    )
    found = [EffectRow.model_validate(row) for row in rows]
    return time_page(found, limit, lambda last: (last.due_at, last.touch_id))


@router.get("/v1/reports/forecast", responses=answers(worked.FORECAST))
async def show_forecast(
    connection: Transaction, caller: Manager, deps: Given, location_id: Place = None
) -> Report[ForecastDay]:
    """Mail expected today and in the six days after, by local day and campaign type."""
    await set_subscriber(connection, caller.subscriber)
    return await report_forecast(
        connection,
        subscriber_id=caller.subscriber,
        locations=places_of(caller, location_id),
        now=deps.clock.now(),
    )


@router.get(
    "/v1/reports/{name}/csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"example": worked.CSV}}}},
)
async def export_report(
    name: Annotated[ReportName, Path(openapi_examples={"touches": {"value": "touches"}})],
    connection: Transaction,
    caller: Manager,
    deps: Given,
    days: Days,
    location_id: Place = None,
) -> Response:
    """The figures of a report as CSV that no spreadsheet takes for formulas; `forecast` and `capacity` tell of the days ahead whatever the span."""
    await set_subscriber(connection, caller.subscriber)
    wanted = wanted_of(caller, location_id, days)
    report = await _report(name, connection, wanted, deps)
    lines = csv_lines(list(_COLUMNS[name].model_fields), [item.model_dump() for item in report.items], with_header=True)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _report(name: ReportName, connection: Transaction, wanted: ReportFilter, deps: Deps) -> AnyReport:
    match name:
        case "touches":
            return await report_touches(connection, wanted)
        case "delivery":
            return await report_delivery(connection, wanted)
        case "credits":
            return await report_credits(connection, wanted, deps.types)
        case "effects":
            return await report_effects(connection, wanted, deps.types, now=deps.clock.now())
        case "rates":
            return await report_rates(connection, wanted, now=deps.clock.now())
        case "capacity":
            return await report_capacity(
                connection, subscriber_id=wanted.subscriber_id, locations=wanted.locations, now=deps.clock.now()
            )
        case "comparisons":
            return await report_comparisons(connection, wanted)
        case "forecast":
            return await report_forecast(
                connection, subscriber_id=wanted.subscriber_id, locations=wanted.locations, now=deps.clock.now()
            )
