"""Content as sent: shown again to whoever has the scope for it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request

from services.mailer.actions.show_content import show_content
from services.mailer.api import examples
from services.mailer.delivery.installation import sending_of
from services.mailer.delivery.rewrite import Rewriter
from shared.kit.auth import Caller, needs
from shared.kit.requests import Transaction
from shared.schemas.mailer import MessageContent

router = APIRouter(tags=["messages"])


@router.get("/v1/messages/{message_id}/content", responses=examples.answered(examples.SENT_CONTENT))
async def get_content(
    message_id: UUID, request: Request, connection: Transaction, caller: Annotated[Caller, needs("content")]
) -> MessageContent:
    """Show a message as it was sent and whether that is proven; every look is kept with who looked."""
    deps: Any = request.app.state.deps
    rewriter = Rewriter(deps.api_db, deps.data_keys, sending_of(deps.settings), deps.clock)
    return await show_content(connection, caller=caller, message_id=message_id, rewriter=rewriter, now=deps.clock.now())
