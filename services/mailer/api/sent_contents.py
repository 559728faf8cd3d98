"""Content as sent: shown again to whoever has the scope for it, and to the operator who has looked."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.mailer.actions.list_content_views import list_content_views
from services.mailer.actions.show_content import show_content
from services.mailer.api import examples
from services.mailer.delivery.installation import sending_of
from services.mailer.delivery.rewrite import Rewriter
from shared.kit.auth import Caller, needs
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.mailer import ContentView, MessageContent
from shared.schemas.wire import Page

router = APIRouter(tags=["messages"])


@router.get("/v1/messages/{message_id}/content", responses=examples.answered(examples.SENT_CONTENT))
async def get_content(
    message_id: UUID, request: Request, connection: Transaction, caller: Annotated[Caller, needs("content")]
) -> MessageContent:
    """Show a message as it was sent and whether that is proven; every look is kept with who looked."""
    deps: Any = request.app.state.deps
    rewriter = Rewriter(deps.api_db, deps.data_keys, sending_of(deps.settings), deps.clock)
    return await show_content(connection, caller=caller, message_id=message_id, rewriter=rewriter, now=deps.clock.now())


@router.get("/v1/content-views", responses=examples.answered(examples.CONTENT_VIEWS))
async def get_content_views(
    request: Request,
    caller: Annotated[Caller, needs("operator", services=("portal",))],
    subscriber_id: Annotated[UUID | None, Query(description="only looks at this business's mail")] = None,
    message_id: Annotated[UUID | None, Query(description="only looks at this message")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ContentView]:
    """List who had which message shown, newest first; as the worker, because no subscriber's context sees all."""
    deps: Any = request.app.state.deps
    return await list_content_views(
        deps.worker_db, subscriber_id=subscriber_id, message_id=message_id, after=after, limit=limit
    )
