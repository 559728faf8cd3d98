"""Sender domains: register one, see what to publish and what was found, rotate its keys."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request

from services.mailer.actions.add_sender_domain import add_sender_domain
from services.mailer.actions.list_sender_domains import list_sender_domains
from services.mailer.actions.rotate_sender_keys import rotate_sender_keys
from services.mailer.actions.show_complaints import show_complaints
from services.mailer.actions.show_sender_domain import show_sender_domain
from services.mailer.api import domain_examples
from services.mailer.api.examples import answered, worked
from shared.kit.auth import Caller, needs
from shared.kit.requests import Transaction
from shared.schemas.sender_domains import ComplaintStatus, RotationInput, SenderDomain, SenderDomainInput, SenderDomains

router = APIRouter(tags=["sender domains"])

MayManage = Annotated[Caller, needs("locations")]
Domain = Annotated[str, Path(max_length=253, pattern=r"^[A-Za-z0-9.-]+$", examples=[domain_examples.DOMAIN])]


@router.post("/v1/sender-domains", responses=answered(domain_examples.PAGE))
async def post_sender_domain(
    given: Annotated[SenderDomainInput, Body(openapi_examples=worked(domain_examples.INPUT))],
    request: Request,
    connection: Transaction,
    caller: MayManage,
) -> SenderDomain:
    """Register a domain and get the DNS records to publish; repeating it is harmless. Its keys sign once their records are found."""
    deps: Any = request.app.state.deps
    return await add_sender_domain(
        connection,
        subscriber_id=caller.subscriber,
        domain=given.domain,
        bounces=deps.settings.bounce_records,
        keys=deps.data_keys,
        now=deps.clock.now(),
    )


@router.get("/v1/sender-domains", responses=answered({"items": [domain_examples.PAGE]}))
async def get_sender_domains(request: Request, connection: Transaction, caller: MayManage) -> SenderDomains:
    """All domains with their records as last checked; a request never asks the DNS."""
    bounces = request.app.state.deps.settings.bounce_records
    return await list_sender_domains(connection, subscriber_id=caller.subscriber, bounces=bounces)


@router.get("/v1/sender-domains/{domain}", responses=answered(domain_examples.PAGE))
async def get_sender_domain(
    domain: Domain, request: Request, connection: Transaction, caller: MayManage
) -> SenderDomain:
    """One domain with its records as last checked."""
    bounces = request.app.state.deps.settings.bounce_records
    return await show_sender_domain(connection, subscriber_id=caller.subscriber, domain=domain, bounces=bounces)


@router.post("/v1/sender-domains/{domain}/rotate", responses=answered(domain_examples.PAGE))
async def post_rotate(
    domain: Domain,
    given: Annotated[RotationInput, Body(openapi_examples=worked({}))],
    request: Request,
    connection: Transaction,
    caller: MayManage,
) -> SenderDomain:
    """Make a new pair of keys and look at the DNS soon: they take over when their records are found, the old ones stay published meanwhile."""
    deps: Any = request.app.state.deps
    return await rotate_sender_keys(
        connection,
        subscriber_id=caller.subscriber,
        domain=domain,
        bounces=deps.settings.bounce_records,
        keys=deps.data_keys,
        now=deps.clock.now(),
    )


@router.get("/v1/sender-domains/{domain}/complaints", responses=answered(domain_examples.COMPLAINTS))
async def get_complaints(
    domain: Domain, request: Request, connection: Transaction, caller: MayManage
) -> ComplaintStatus:
    """Complaints per day about mail from this header-from domain, registered here or not, and whether commercial mail is paused for them."""
    now = request.app.state.deps.clock.now()
    return await show_complaints(connection, subscriber_id=caller.subscriber, domain=domain, now=now)
