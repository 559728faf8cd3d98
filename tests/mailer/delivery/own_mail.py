"""Mail of our own as tests have it made: asked of optout, or submitted as portal does."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.schemas.mailer import PLATFORM_SENDER
from tests.fixtures.services import service_headers
from tests.mailer.delivery.world import World, key_of


async def ask(world: World, address: str, **values: Any) -> Any:
    """Ask optout for a mail; return its answer."""
    body = {
        "request_id": str(uuid4()),
        "origin": "opt_in",
        "language": "es",
        "address": address,
        "address_key": key_of(address),
        "fields": {"about": {"business": "Bright Smile"}, "links": {"confirm": "https://optout.example.com/confirm/x"}},
        "useful_until": (world.now + timedelta(days=7)).isoformat(),
    }
    headers = service_headers("portal", "optout")
    return await world.optout.http.post("/v1/mail-requests", json=body | values, headers=headers)


async def follow(world: World) -> None:
    """Let the mailer keep its own content and take what optout asks for."""
    await world.mailer.step("keep_platform")
    while await world.mailer.step("follow_optout"):
        pass


def own_message(world: World, address: str, content_id: UUID, **values: Any) -> dict[str, Any]:
    """A message as portal submits it."""
    own = {
        "subscriber_id": str(PLATFORM_SENDER),
        "location_id": str(PLATFORM_SENDER),
        "content_id": str(content_id),
        "origin": "account",
        "audience": "staff",
        "touches": [],
    }
    return world.message(address, uuid4()) | own | values


async def submit_own(world: World, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """Submit as portal; return the receipts."""
    headers = service_headers("portal", "mailer")
    answer = await world.mailer.http.post("/v1/messages", json={"messages": messages}, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["receipts"])
