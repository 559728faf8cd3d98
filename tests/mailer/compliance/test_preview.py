"""A preview shows what would be sent and what is wrong with it, and keeps nothing."""

from typing import Any
from uuid import uuid4

from tests.fixtures.services import service_headers
from tests.mailer.delivery.contents import CONTENT
from tests.mailer.delivery.world import World


async def _preview(world: World, headers: dict[str, str] | None = None, **values: Any) -> Any:
    body = {"content": CONTENT, "fields": None, "location_id": str(world.location.location_id)} | values
    return await world.mailer.http.post(
        "/v1/contents/preview", json=body, headers=headers or service_headers("scheduler", "mailer")
    )


async def test_a_preview_is_the_mail_as_the_location_would_send_it(alone: World) -> None:
    """S-009, L-007: its own name, postal address and notices, the fields given or the content's own sample."""
    shown = (await _preview(alone, fields={"person": {"greeting": "Zoë <b>"}})).json()
    assert shown["subject"] == f"A note from {alone.location.name}"
    assert "Hello Zoë <b>," in shown["text"]
    assert "Hello Zo" in shown["html"]
    assert "<b>" not in shown["html"]
    assert alone.location.postal_address.one_line() in shown["text"]
    assert shown["findings"] == []
    assert "Hello Ann," in (await _preview(alone)).json()["text"]
    assert "Sample Location" in (await _preview(alone, location_id=None)).json()["text"]
    assert await alone.database.fetchval("select count(*) from contents where slug = 'visit_note'") == 1


async def test_a_preview_tells_findings_and_the_field_that_is_missing(alone: World) -> None:
    """N-98: what would hold a message is seen before; a content that cannot be shown is null with its reason."""
    lacking = (await _preview(alone, fields={})).json()
    assert (lacking["html"], [finding["code"] for finding in lacking["findings"]]) == (None, ["sample_incomplete"])
    sold = (await _preview(alone, content=CONTENT | {"subject": "Get 20% off"})).json()
    assert [(finding["code"], finding["rule"]) for finding in sold["findings"]] == [("offer_in_transactional", "L-002")]
    assert sold["subject"] == "Get 20% off"


async def test_a_content_that_eats_time_is_stopped_in_its_own_process(alone: World) -> None:
    """S52: told as a finding, nobody else waits."""
    hungry = CONTENT | {"mjml": "<mjml><mj-body><mj-section><mj-column><mj-text>" + "<b>" * 30_000}
    stopped = (await _preview(alone, content=hungry)).json()
    assert stopped["html"] is None
    assert {finding["severity"] for finding in stopped["findings"]} == {"error"}


async def test_a_client_sees_its_own_locations_only(alone: World) -> None:
    """S2: a foreign location and an unknown one get the same answer."""
    own = alone.neighbours.client_headers(subscriber_id=alone.subscriber.subscriber_id, scopes="campaigns")
    foreign = alone.neighbours.client_headers(subscriber_id=uuid4(), scopes="campaigns")
    other = alone.neighbours.client_headers(subscriber_id=alone.subscriber.subscriber_id, scopes="messages")
    assert (await _preview(alone, own)).status_code == 200
    stranger = await _preview(alone, foreign)
    unknown = await _preview(alone, own, location_id=str(uuid4()))
    assert [stranger.status_code, unknown.status_code] == [404, 404]
    assert stranger.json()["code"] == unknown.json()["code"] == "location_unknown"
    assert (await _preview(alone, other)).status_code == 403
