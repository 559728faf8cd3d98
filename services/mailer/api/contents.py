"""Contents: published once per version, compiled, linted and frozen."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request

from services.mailer.actions.publish_content import publish_content
from services.mailer.api import examples
from shared.kit.auth import Caller, only_service
from shared.kit.requests import Transaction
from shared.schemas.mailer import Content, ContentInput

router = APIRouter(tags=["contents"])


@router.put("/v1/contents/{content_id}", responses=examples.answered(examples.PUBLISHED))
async def put_content(
    content_id: UUID,
    given: Annotated[ContentInput, Body(openapi_examples=examples.worked(examples.CONTENT))],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, only_service("scheduler", "portal")],
) -> Content:
    """Publish a content version. The same bytes again are a harmless repeat; other bytes under a used id are refused (409)."""
    deps: Any = request.app.state.deps
    return await publish_content(
        connection, content_id=content_id, given=given, operator=deps.settings.operator, now=deps.clock.now()
    )
