"""Reports the rates an owner opens: confirmations, missed appointments, recare, return, retention (S-006)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.rates import FORMULA, FORMULAS, NAMES, RateName
from services.scheduler.store.report_rates import count_rate
from services.scheduler.store.report_touches import ReportFilter
from shared.schemas.rates import Rate
from shared.schemas.reports import Report


async def report_rates(connection: AsyncConnection, wanted: ReportFilter, *, now: datetime) -> Report[Rate]:
    """Return every rate, also those without a record; each is the sum of rows that can be listed."""
    counts = {name: await count_rate(connection, wanted, name, now=now) for name in NAMES}
    return Report[Rate](formula=FORMULA, items=[_rate(name, counts[name]) for name in NAMES])


def _rate(name: RateName, counts: Mapping[str, Any]) -> Rate:
    share = counts["counted"] / counts["records"] if counts["records"] else None
    return Rate(name=name, formula=FORMULAS[name], rate=share, **counts)
