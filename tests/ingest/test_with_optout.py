"""Ingest and the real optout together: what ingest announces is permission there, what a source refuses is refused there."""

from uuid import UUID, uuid4

from shared.schemas.optout import PermissionAnswers
from tests.fixtures.services import Neighbours, service_headers
from tests.ingest.practice import consumer, open_practice, visit


async def test_a_visit_is_permission_and_a_source_flag_is_a_refusal(neighbours: Neighbours) -> None:
    """S-020, S-022, S-037: through optout's own doors, both shapes of command as ingest writes them."""
    optout = await neighbours.open("optout")
    practice = await open_practice(neighbours)
    await practice.upload(
        consumer("P1"), visit("V1", "P1"), consumer("P2", email_ok=False), visit("V2", "P2"), consumer("P3")
    )
    await practice.ingest.step("outbox")
    facts = await practice.facts("consumer")
    queries = [
        {
            "query_id": str(uuid4()),
            "subscriber_id": str(practice.subscriber.subscriber_id),
            "location_id": row["location_id"],
            "address_key": row["address_key"],
            "person_ids": [row["consumer_id"]],
            "message_class": "commercial",
        }
        for row in facts
    ]
    answer = await optout.http.post(
        "/v1/permissions/check", json={"queries": queries}, headers=service_headers("mailer", "optout")
    )
    assert answer.status_code == 200, answer.text
    given = PermissionAnswers.model_validate_json(answer.content).answers
    by_person = {UUID(row["consumer_id"]): said.answer for row, said in zip(facts, given, strict=True)}
    assert sorted(by_person.values()) == ["allowed", "no_permission_yet", "refused"]
