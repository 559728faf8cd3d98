"""Contents are published once, compiled and linted, and never change."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.mailer.api.examples import CONTENT
from tests.fixtures.services import service_headers
from tests.mailer.delivery.world import World


async def _publish(world: World, content_id: UUID, caller: str = "scheduler", **values: Any) -> Any:
    return await world.mailer.http.put(
        f"/v1/contents/{content_id}", json=CONTENT | values, headers=service_headers(caller, "mailer")
    )


async def test_a_published_content_is_frozen(world: World) -> None:
    """Architecture 3: the same bytes again are a harmless repeat, other bytes need another id."""
    content_id = uuid4()
    first = await _publish(world, content_id)
    assert first.status_code == 200, first.text
    assert set(first.json()["fields"]) >= {"location.name", "location.postal_address", "person.greeting"}
    world.neighbours.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    assert (await _publish(world, content_id)).json() == first.json()
    other = await _publish(world, content_id, subject="Another note from {{ location.name }}")
    assert (other.status_code, other.json()["code"]) == (409, "content_frozen")


async def test_a_content_against_the_rules_is_refused_with_its_findings(world: World) -> None:
    """L-007, L-008: without postal address or opt-out nothing is published, and the id stays free."""
    content_id = uuid4()
    refused = await _publish(world, content_id, text="Hello {{ person.greeting }}, come back soon.")
    assert (refused.status_code, refused.json()["code"]) == (409, "content_refused")
    findings = refused.json()["findings"]
    assert all(set(finding) == {"code", "rule", "message", "severity"} for finding in findings)
    assert {finding["severity"] for finding in findings} >= {"error"}
    assert (await _publish(world, content_id)).status_code == 200


async def test_a_template_that_would_run_code_is_refused(world: World) -> None:
    """S52, S53: the syntax tree is checked when a content is published."""
    refused = await _publish(world, uuid4(), subject="{{ ''.__class__.__mro__ }}")
    assert (refused.status_code, refused.json()["code"]) == (409, "content_refused")


async def test_two_who_publish_the_same_at_once_both_succeed(world: World) -> None:
    """Reliability 2.1: the same command twice has one effect."""
    content_id = uuid4()
    answers = await asyncio.gather(_publish(world, content_id), _publish(world, content_id))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


async def test_only_services_that_own_content_publish_it(world: World) -> None:
    """S1: ingest and an API client do not."""
    assert (await _publish(world, uuid4(), caller="ingest")).status_code == 403
    headers = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="messages")
    answer = await world.mailer.http.put(f"/v1/contents/{uuid4()}", json=CONTENT, headers=headers)
    assert answer.status_code == 403
