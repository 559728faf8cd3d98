"""Two subscribers with real things in each service, made through its own doors, so that an attack meets something to hurt."""

from typing import Any
from uuid import uuid4

from shared.kit.ids import new_id
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import OPERATOR_ID, Neighbours, OpenService
from tests.house.attacks import World


async def build_world(neighbours: Neighbours, opened: OpenService) -> World:
    """Return two subscribers as this service knows them."""
    if opened.name == "portal":
        own, foreign = [await _in_portal(neighbours, opened) for _ in range(2)]
    else:
        own, foreign = [await _in_directory(neighbours, opened.name) for _ in range(2)]
    return World(own["subscriber_id"], own, foreign, "ingest records" if opened.name == "portal" else "")


async def _in_directory(neighbours: Neighbours, service: str) -> dict[str, str]:
    subscriber = build_subscriber(subscriber_id=new_id())
    location = build_location(subscriber.subscriber_id, location_id=new_id())
    known = {"subscriber_id": str(subscriber.subscriber_id), "location_id": str(location.location_id)}
    subscriber_id = subscriber.subscriber_id
    await neighbours.push(service, "subscriber", known["subscriber_id"], subscriber, subscriber_id=subscriber_id)
    await neighbours.push(service, "location", known["location_id"], location, subscriber_id=subscriber_id)
    return known


async def _in_portal(neighbours: Neighbours, opened: OpenService) -> dict[str, str]:
    from services.portal.api.examples import CLIENT_INPUT, LOCATION_INPUT, SUBSCRIBER_INPUT

    headers = neighbours.client_headers(subscriber_id=None, scopes="operator locations clients", client_id=OPERATOR_ID)

    async def make(path: str, body: Any) -> dict[str, str]:
        answer = await opened.http.post(path, json=body, headers=headers | {"Idempotency-Key": uuid4().hex})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    subscriber_id = (await make("/v1/subscribers", SUBSCRIBER_INPUT))["subscriber_id"]
    below = f"/v1/subscribers/{subscriber_id}"
    return {
        "subscriber_id": subscriber_id,
        "location_id": (await make(f"{below}/locations", LOCATION_INPUT))["location_id"],
        "client_id": (await make(f"{below}/clients", CLIENT_INPUT))["client_id"],
        "name": "mailer",
    }
