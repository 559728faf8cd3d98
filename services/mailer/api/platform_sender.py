"""The sender of mail of our own, as the operator sees it: what to publish for its domain, and who complains about it."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request

from services.mailer.actions.show_complaints import show_complaints
from services.mailer.actions.show_sender_domain import show_sender_domain
from services.mailer.api import domain_examples
from services.mailer.api.examples import answered
from services.mailer.domain.sender_domain import SenderDomainUnknownError
from shared.kit.auth import Caller, needs
from shared.kit.requests import Transaction
from shared.schemas.mailer import PLATFORM_SENDER
from shared.schemas.sender_domains import ComplaintStatus, SenderDomain

router = APIRouter(tags=["platform sender"])

OperatorOnly: Final = needs("operator", services=("portal",))


@router.get("/v1/platform-sender", responses=answered(domain_examples.PAGE))
async def get_platform_sender(
    request: Request, connection: Transaction, caller: Annotated[Caller, OperatorOnly]
) -> SenderDomain:
    """The domain of mail of our own with its records, for the operator who publishes them; 404 while no platform sender is set."""
    bounces = request.app.state.deps.settings.bounce_records
    domain = _own_domain(request)
    return await show_sender_domain(connection, subscriber_id=PLATFORM_SENDER, domain=domain, bounces=bounces)


@router.get("/v1/platform-sender/complaints", responses=answered(domain_examples.COMPLAINTS))
async def get_platform_complaints(
    request: Request, connection: Transaction, caller: Annotated[Caller, OperatorOnly]
) -> ComplaintStatus:
    """Complaints per day about mail of our own, and whether its commercial part is paused for them; 404 while no platform sender is set."""
    now = request.app.state.deps.clock.now()
    return await show_complaints(connection, subscriber_id=PLATFORM_SENDER, domain=_own_domain(request), now=now)


def _own_domain(request: Request) -> str:
    settings: Any = request.app.state.deps.settings
    if not settings.platform_domain:
        raise SenderDomainUnknownError
    return str(settings.platform_domain)
