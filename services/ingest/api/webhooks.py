"""Webhooks: the door for sources that push, and the secret they sign with."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Request, Response

from services.ingest.actions.renew_webhook_secret import renew_webhook_secret
from services.ingest.actions.take_push import take_push
from services.ingest.actions.verify_push import verify_push
from services.ingest.api.examples import REPORT, answers, worked
from services.ingest.api.given import Given, Uploader
from services.ingest.api.webhook_examples import EVENT, SECRET
from services.ingest.domain.pushed import MOST_OCTETS
from shared.kit.auth import Anyone
from shared.kit.requests import IfMatch, set_version
from shared.kit.webhooks import Webhook
from shared.schemas.ingest import BatchReport
from shared.schemas.webhooks import RecordsEvent, WebhookRenewal, WebhookSecret

router = APIRouter(tags=["webhooks"])

Text = Annotated[str, Header(max_length=2000)]


async def _require_signature(
    request: Request,
    subscriber_id: UUID,
    connection_id: UUID,
    webhook_id: Text = "",
    webhook_timestamp: Text = "",
    webhook_signature: Text = "",
) -> str:
    """Return the id of a push that is genuine, or raise PushNotGenuineError."""
    deps: Any = request.app.state.deps
    webhook = Webhook(webhook_id, webhook_timestamp, webhook_signature, await request.body())
    await verify_push(deps, subscriber_id=subscriber_id, connection_id=connection_id, webhook=webhook)
    return webhook_id


Signed = Annotated[str, Depends(_require_signature)]


@router.post(
    "/v1/webhooks/{subscriber_id}/{connection_id}",
    response_model=BatchReport,
    responses=answers(REPORT),
    max_body_size=MOST_OCTETS,
)
async def post_webhook(
    subscriber_id: UUID,
    connection_id: UUID,
    given: Annotated[RecordsEvent, Body(openapi_examples=worked(EVENT))],
    caller: Anyone,
    deps: Given,
    webhook_id: Signed,
) -> BatchReport:
    """Take up to 1,000 records in one event, signed as Standard Webhooks says. Its id is the idempotency key; it is refused after five minutes."""
    return await take_push(
        deps, subscriber_id=subscriber_id, connection_id=connection_id, webhook_id=webhook_id, event=given
    )


@router.post(
    "/v1/connections/{connection_id}/webhook-secret",
    response_model=WebhookSecret,
    responses=answers(SECRET),
)
async def post_webhook_secret(
    connection_id: UUID,
    body: Annotated[WebhookRenewal, Body(openapi_examples=worked({"keep_previous": True}))],
    version: IfMatch,
    caller: Uploader,
    deps: Given,
    response: Response,
) -> WebhookSecret:
    """Make a secret for pushes of this connection, shown once. The one before stays good until the next is made, unless you say otherwise.
    `If-Match` and ETag are the connection's: of two who renew at once one is told.
    """
    secret, renewed = await renew_webhook_secret(
        deps, caller=caller, connection_id=connection_id, version=version, wanted=body
    )
    set_version(response, renewed)
    return secret
