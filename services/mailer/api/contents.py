"""Contents: published once per version, compiled, linted and frozen."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request

from services.mailer.actions.preview_content import preview_content
from services.mailer.actions.publish_content import publish_content
from services.mailer.actions.show_published import show_published
from services.mailer.api import examples
from services.mailer.domain.staff_tests import INERT
from shared.kit.auth import Caller, needs, only_service
from shared.kit.requests import Transaction
from shared.schemas.contents import Content, ContentInput, ContentPreview, ContentPreviewInput

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
        connection,
        content_id=content_id,
        given=given,
        operator=deps.settings.operator,
        own_hosts=deps.settings.own_hosts,
        platform=deps.settings.platform,
        now=deps.clock.now(),
    )


@router.get("/v1/contents/{content_id}", responses=examples.answered(examples.PUBLISHED))
async def get_content(
    content_id: UUID,
    connection: Transaction,
    caller: Annotated[Caller, needs("campaigns", services=("scheduler", "portal"))],
) -> Content:
    """Show a content version with its class and the reason of it. A client sees stock contents and its own."""
    subscriber_id = None if caller.kind == "service" else caller.subscriber
    return await show_published(connection, content_id=content_id, subscriber_id=subscriber_id)


@router.post("/v1/contents/preview", responses=examples.answered(examples.PREVIEW))
async def post_preview(
    given: Annotated[ContentPreviewInput, Body(openapi_examples=examples.worked(examples.PREVIEW_INPUT))],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, needs("campaigns", services=("scheduler", "portal"))],
) -> ContentPreview:
    """Show a content as it would be sent, with its findings. A client sees its own locations only; nothing is kept."""
    settings: Any = request.app.state.deps.settings
    return await preview_content(
        connection,
        given=given.content,
        fields=given.fields,
        location_id=given.location_id,
        subscriber_id=None if caller.kind == "service" else caller.subscriber,
        operator=settings.operator,
        own_hosts=settings.own_hosts,
        platform=settings.platform,
        optout_url=f"{settings.optout_public_url}/u/{INERT}",
    )
