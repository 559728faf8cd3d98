"""A consumer is found by the source's own key, by its own subscriber alone."""

from uuid import uuid4

from tests.fixtures.services import Neighbours
from tests.ingest.practice import Practice, consumer, open_practice

PATH = "/v1/consumers"


async def test_a_consumer_is_found_by_the_sources_own_key(practice: Practice) -> None:
    """S-003: whoever asks why somebody got nothing knows the source's number, not ours."""
    await practice.upload(consumer("P 1/a"), consumer("P2"))
    owner = practice.subscriber.subscriber_id
    headers = practice.neighbours.client_headers(subscriber_id=owner, scopes="records")
    asked = {"connection_id": str(practice.connection_id), "foreign_id": ["P2", "P9", "P 1/a"]}
    found = await practice.ingest.http.get(PATH, params=asked, headers=headers)
    assert found.status_code == 200, found.text
    items = found.json()["items"]
    known = [str(change.key) for change in (await practice.changes()).changes if change.kind == "consumer"]
    assert [item["foreign_id"] for item in items] == ["P2", "P 1/a"]
    assert sorted(item["consumer_id"] for item in items) == sorted(known)


async def test_another_subscriber_and_another_scope_find_nothing(neighbours: Neighbours) -> None:
    """S-001, S2: a foreign connection answers like an unknown one."""
    practice = await open_practice(neighbours)
    await practice.upload(consumer())
    asked = {"connection_id": str(practice.connection_id), "foreign_id": "P1"}
    stranger = neighbours.client_headers(subscriber_id=uuid4(), scopes="records")
    assert (await practice.ingest.http.get(PATH, params=asked, headers=stranger)).status_code == 404
    assert (await practice.ingest.http.get(PATH, params=asked, headers=practice.headers)).status_code == 403
