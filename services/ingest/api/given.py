"""What routes are given beside their input: the service's dependencies and its caller."""

from typing import Annotated, cast

from fastapi import Depends, Request

from services.ingest.deps import Deps
from shared.kit.auth import Caller, needs, only_service


async def _deps(request: Request) -> Deps:
    return cast("Deps", request.app.state.deps)


Given = Annotated[Deps, Depends(_deps)]
Uploader = Annotated[Caller, needs("ingest")]
"""A client with scope `ingest`: a practice's bridge."""
Reader = Annotated[Caller, needs("records")]
"""A client with scope `records`: a front desk's software."""
Operator = Annotated[Caller, needs("operator", services=("portal",))]
"""The operator's staff, directly or on portal's pages; told ids and counts, never a consumer's data."""
Scheduler = Annotated[Caller, only_service("scheduler")]
