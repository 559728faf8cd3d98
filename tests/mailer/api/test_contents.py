"""Contents are published once, compiled and linted, and never change."""

import asyncio
import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.mailer.api.examples import CLASS_REASON
from shared.schemas.contents import ContentInput
from tests.fixtures.services import service_headers
from tests.mailer.delivery.contents import COMMERCIAL, CONTENT
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


async def _show(world: World, content_id: UUID, **caller: Any) -> Any:
    headers = world.neighbours.client_headers(**caller) if caller else service_headers("portal", "mailer")
    return await world.mailer.http.get(f"/v1/contents/{content_id}", headers=headers)


async def test_a_version_shows_its_class_and_who_decided_it_and_why(world: World) -> None:
    """L-001: recorded with the version, by API for its services and for the business; the mail names its version."""
    content_id = uuid4()
    published = (await _publish(world, content_id)).json()
    owner: Any = {"subscriber_id": world.subscriber.subscriber_id, "scopes": "campaigns"}
    for shown in (await _show(world, content_id), await _show(world, content_id, **owner)):
        assert shown.json() == published
        assert (shown.json()["message_class"], shown.json()["class_reason"]) == ("transactional", CLASS_REASON)
    [message_id] = await world.queue("ann@example.com", content_id=str(content_id))
    headers = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="messages")
    status = (await world.mailer.http.get(f"/v1/messages/{message_id}", headers=headers)).json()
    assert (status["content_id"], status["message_class"]) == (str(content_id), "transactional")


async def test_without_a_reason_a_content_may_only_be_commercial(world: World) -> None:
    """L-001: unclear means commercial, and that nobody said is on file too."""
    refused = await _publish(world, uuid4(), class_reason=None)
    assert [finding["code"] for finding in refused.json()["findings"]] == ["class_unreasoned"]
    content_id = uuid4()
    taken = await _publish(world, content_id, **{**COMMERCIAL, "class_reason": None})
    assert taken.status_code == 200, taken.text
    assert (await _show(world, content_id)).json()["class_reason"]["decided_by"] == "default"


async def test_a_reason_that_speaks_for_advertising_makes_no_transactional_mail(world: World) -> None:
    """L-001, L-003: the primary purpose decides; the id stays free for the content as it should be."""
    content_id = uuid4()
    refused = await _publish(world, content_id, class_reason=CLASS_REASON | {"purpose": "promotion"})
    assert [finding["code"] for finding in refused.json()["findings"]] == ["class_contradicted"]
    assert (await _publish(world, content_id)).status_code == 200


async def test_another_business_sees_no_foreign_content_and_an_unknown_one_looks_the_same(world: World) -> None:
    """S2: one answer for foreign and for unknown ids."""
    content_id = uuid4()
    subscriber = str(world.subscriber.subscriber_id)
    assert (await _publish(world, content_id, subscriber_id=subscriber)).status_code == 200
    stranger: Any = {"subscriber_id": uuid4(), "scopes": "campaigns"}
    for unseen in (await _show(world, content_id, **stranger), await _show(world, uuid4(), **stranger)):
        assert (unseen.status_code, unseen.json()["code"]) == (404, "content_unknown")


async def test_what_was_published_before_reasons_were_recorded_may_be_repeated(world: World) -> None:
    """I25: an older scheduler repeats what it said, and finds it published."""
    content_id = uuid4()
    said = {**COMMERCIAL}
    del said["class_reason"]
    before = hashlib.sha256(
        json.dumps(ContentInput(**said).model_dump(mode="json", exclude={"class_reason"}), sort_keys=True).encode()
    )
    await _publish(world, content_id, **said, class_reason=None)
    await world.database.execute(
        "update contents set content_hash = $2, class_reason = null where content_id = $1", content_id, before.digest()
    )
    repeated = await world.mailer.http.put(
        f"/v1/contents/{content_id}", json=said, headers=service_headers("scheduler", "mailer")
    )
    assert (repeated.status_code, repeated.json()["class_reason"]) == (200, None)


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
