"""Setting routes as the operator does."""

from typing import Any

from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.world import World


def operator(world: World) -> dict[str, str]:
    """Return the operator's headers."""
    return world.neighbours.client_headers(subscriber_id=None, scopes="operator")


async def read(world: World, path: str) -> dict[str, str]:
    """Return If-Match with the present version, nothing for a route that is not there yet."""
    shown = await world.mailer.http.get(path, headers=operator(world))
    return {"If-Match": shown.headers["etag"]} if shown.status_code == 200 else {}


async def put(world: World, path: str, **body: Any) -> dict[str, Any]:
    """Set a route or a pace, whatever its version."""
    answer = await world.mailer.http.put(path, json=body, headers=operator(world) | await read(world, path))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def url_of(sink: SmtpSink) -> str:
    """Return the URL of a relay of the tests."""
    return f"smtp+plain://127.0.0.1:{sink.port}"


def people(count: int, domain: str = "example.com") -> list[str]:
    """Return so many addresses."""
    return [f"ann{number}@{domain}" for number in range(count)]
