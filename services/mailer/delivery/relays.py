"""The relays that a single mail may go over."""

from collections.abc import Callable

from services.mailer.domain.routes import DEFAULT
from services.mailer.smtp.connect import Relay
from services.mailer.store.routes import find_routes
from shared.kit.db import Database


async def find_relays(
    database: Database, *, default: Relay, relay_of: Callable[[str, bytes | None], Relay | None]
) -> list[Relay]:
    """Return the relays of the routes that are not paused, in the order in which one mail tries them: by priority, then the greater weight first."""
    async with database.transaction() as connection:
        stored = await find_routes(connection)
    active = sorted(
        (route for route in stored if route.state == "active"),
        key=lambda route: (route.priority, -route.weight, route.name),
    )
    relays = [relay for route in active if (relay := relay_of(route.name, route.sealed)) is not None]
    return relays if any(route.name == DEFAULT for route in stored) else [default, *relays]
