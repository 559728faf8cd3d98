"""Relay reports: the public doors for relays that report by HTTP. Whoever knocks must have signed; the body's octets are what is signed."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Request

from services.mailer.actions.take_relay_reports import take_relay_reports
from services.mailer.actions.take_sns_message import take_sns_message
from services.mailer.api import relay_examples as examples
from services.mailer.api.examples import answered, worked
from services.mailer.clients.optout import OptoutSilentError
from services.mailer.domain.refusals import OptoutUnreachableError, SignatureRefusedError
from services.mailer.smtp.relay_events import RelayReport, read_fact
from shared.kit.auth import Anyone
from shared.kit.webhooks import Webhook, is_genuine
from shared.schemas.relay import RelayEvents, RelayReceipt, RelayWebhook, SnsMessage

router = APIRouter(tags=["relay reports"])

Text = Annotated[str, Header(max_length=2000)]


async def _require_signature(
    request: Request,
    webhook_id: Text = "",
    webhook_timestamp: Text = "",
    webhook_signature: Text = "",
) -> str:
    """Return the id of a webhook that is signed as Standard Webhooks says, or raise SignatureRefusedError."""
    deps: Any = request.app.state.deps
    webhook = Webhook(webhook_id, webhook_timestamp, webhook_signature, await request.body())
    if not is_genuine(webhook, deps.settings.webhook_secrets, now=deps.clock.now()):
        raise SignatureRefusedError
    return webhook_id


Signed = Annotated[str, Depends(_require_signature)]


@router.post("/v1/relay-reports/standard", responses=answered(examples.RECEIPT))
async def post_standard(
    given: Annotated[RelayWebhook, Body(openapi_examples=worked(examples.STANDARD))],
    request: Request,
    caller: Anyone,
    webhook_id: Signed,
) -> RelayReceipt:
    """Take one event in the envelope of Standard Webhooks, such as `message.bounced`; its id is the idempotency key."""
    return await _take(request, "standard", webhook_id, [read_fact(given.type, given.data)])


@router.post("/v1/relay-reports/generic", responses=answered(examples.RECEIPT))
async def post_generic(
    given: Annotated[RelayEvents, Body(openapi_examples=worked(examples.GENERIC))],
    request: Request,
    caller: Anyone,
    webhook_id: Signed,
) -> RelayReceipt:
    """Take up to 1,000 events in one plain list, signed as Standard Webhooks says; for relays that a few lines of script connect."""
    return await _take(request, "generic", webhook_id, [read_fact(event.event, event) for event in given.events])


@router.post("/v1/relay-reports/ses", responses=answered(examples.RECEIPT))
async def post_ses(
    given: Annotated[SnsMessage, Body(openapi_examples=worked(examples.SES))], request: Request, caller: Anyone
) -> RelayReceipt:
    """Take a message of Amazon SNS that carries a report of Amazon SES; a subscription to a listed topic confirms itself."""
    deps: Any = request.app.state.deps
    try:
        return await take_sns_message(
            deps.worker_db,
            deps.optout,
            deps.sns,
            given,
            topics=deps.settings.sns_topics,
            returns=deps.returns,
            domain=deps.settings.bounce_domain,
            now=deps.clock.now(),
        )
    except OptoutSilentError:
        raise OptoutUnreachableError from None


async def _take(request: Request, shape: str, delivery_id: str, reports: list[RelayReport | None]) -> RelayReceipt:
    deps: Any = request.app.state.deps
    try:
        return await take_relay_reports(
            deps.worker_db,
            deps.optout,
            shape=shape,
            delivery_id=delivery_id,
            reports=reports,
            returns=deps.returns,
            domain=deps.settings.bounce_domain,
            now=deps.clock.now(),
        )
    except OptoutSilentError:
        raise OptoutUnreachableError from None
