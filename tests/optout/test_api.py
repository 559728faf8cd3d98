"""The face for machines: who may do what, idempotency, the feed, evidence, worked examples."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from pydantic import BaseModel

from services.optout.api import examples, proof_examples
from shared.schemas import ledger, optout
from shared.schemas.wire import Changes, Page
from tests.fixtures.services import ADDRESS_KEYS, service_headers
from tests.optout.conftest import Clinic


def _optouts(clinic: Clinic, **values: Any) -> dict[str, Any]:
    given = {
        "optout_id": str(uuid4()),
        "address_key": clinic.address_key,
        "channel": "source_flag",
        "evidence": "batch:1",
        "occurred_at": clinic.clock.now().isoformat(),
    }
    return {"subscriber_id": str(clinic.subscriber_id), "optouts": [given | values]}


async def test_a_source_opt_out_is_on_file_when_it_is_answered(clinic: Clinic) -> None:
    """S-037, N-23: before any campaign of the same batch is evaluated; for the person at any address too."""
    await clinic.consent()
    body = _optouts(clinic, person_id=str(clinic.person_id), address_key=None)
    assert await clinic.call("/v1/optouts", body, "ingest") == {"recorded": 1, "repeated": 0}
    assert (await clinic.may_send("transactional")).answer == "refused"
    assert await clinic.call("/v1/optouts", body, "ingest") == {"recorded": 0, "repeated": 1}
    assert (await clinic.consent(basis="express"))["recorded"] == 1
    assert (await clinic.may_send()).answer == "refused"


_SLOW_COMMIT = """
create function wait_for_the_test() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(4711); return null; end $$;
create constraint trigger slow_commit after insert on suppression_log deferrable initially deferred
    for each row execute function wait_for_the_test()
"""
_IS_WAITING = """
select exists (select 1 from pg_locks l join pg_database d on d.oid = l.database
    where d.datname = current_database() and l.locktype = 'advisory' and l.objid = 4711 and not l.granted)
"""


async def test_followers_are_woken_by_the_commit_of_a_reported_opt_out_and_not_before_it(clinic: Clinic) -> None:
    """Architecture 4: effective within one send lease; who is woken before the commit finds nothing and sleeps on."""
    watch, body = clinic.service.deps.door.watch, _optouts(clinic)
    connection = await asyncpg.connect(clinic.service.database.superuser)
    try:
        await connection.execute(_SLOW_COMMIT)
        await connection.execute("select pg_advisory_lock(4711)")
        call = asyncio.create_task(clinic.call("/v1/optouts", body, "ingest"))
        async with asyncio.timeout(5):
            while not await connection.fetchval(_IS_WAITING):  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0.01)
        assert not watch._poked.is_set()
    finally:
        await connection.close()
    assert (await call)["recorded"] == 1
    assert watch._poked.is_set()


async def test_consents_in_bulk_are_recorded_once(clinic: Clinic) -> None:
    """S-022: 5,000 a call; a repeat under the same ids changes nothing."""
    consents = [
        {
            "consent_id": str(uuid4()),
            "location_id": str(clinic.location_id),
            "address_key": clinic.address_key,
            "basis": "existing_relationship",
            "source": "practice_system",
            "evidence": f"visit:{n}",
            "occurred_at": "2026-03-01T12:00:00Z",
        }
        for n in range(5000)
    ]
    body = {"subscriber_id": str(clinic.subscriber_id), "consents": consents}
    assert await clinic.call("/v1/consents", body, "ingest") == {"recorded": 5000, "repeated": 0}
    assert await clinic.call("/v1/consents", body, "ingest") == {"recorded": 0, "repeated": 5000}


async def test_an_idempotency_key_repeats_the_first_answer(clinic: Clinic) -> None:
    """REST manners: the same key and body answer as the first time, another body is refused."""
    key, body = {"Idempotency-Key": "k1"}, _optouts(clinic)
    assert await clinic.call("/v1/optouts", body, "ingest", **key) == {"recorded": 1, "repeated": 0}
    assert await clinic.call("/v1/optouts", body, "ingest", **key) == {"recorded": 1, "repeated": 0}
    headers = service_headers("ingest", "optout") | key
    other = await clinic.service.http.post("/v1/optouts", json=_optouts(clinic), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_an_opt_out_that_means_nothing_is_refused_whole(clinic: Clinic) -> None:
    """Bad input: the good row beside the bad one is not applied either, and no value is repeated."""
    for status, code, values in (
        (403, "scope_not_allowed", {"scope": "platform"}),
        (422, "optout_without_target", {"address_key": None}),
        (422, "location_needed", {"scope": "location"}),
        (422, "invalid_request", {"address_key": "someone@example.com"}),
        (422, "invalid_request", {"occurred_at": "2026-03-01T12:00:00"}),
    ):
        body = _optouts(clinic)
        body["optouts"] += _optouts(clinic, **values)["optouts"]
        answer = await clinic.service.http.post("/v1/optouts", json=body, headers=service_headers("ingest", "optout"))
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "someone@" not in answer.text
    assert (await clinic.poll()).last == 0


async def test_the_front_desk_records_for_its_own_subscriber_and_locations_only(clinic: Clinic) -> None:
    """N-25, S2: another subscriber or location is as unknown as one that does not exist; without the scope nothing is allowed."""
    own = clinic.neighbours.client_headers(
        subscriber_id=clinic.subscriber_id, scopes="optouts", locations=(clinic.location_id,)
    )
    other = clinic.neighbours.client_headers(subscriber_id=uuid4(), scopes="optouts")
    weak = clinic.neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="records")

    async def post(headers: dict[str, str], **values: Any) -> int:
        body = _optouts(clinic, channel="front_desk", **values)
        return int((await clinic.service.http.post("/v1/optouts", json=body, headers=headers)).status_code)

    assert await post(other) == 404
    assert await post(weak) == 403
    assert await post(own, scope="location", location_id=str(uuid4())) == 404
    assert await post(own, scope="location", location_id=str(clinic.location_id)) == 200
    assert await post(own) == 200


async def test_evidence_shows_the_own_entries_and_nobody_elses(clinic: Clinic) -> None:
    """S37, I4: an address unknown here and one known elsewhere look the same."""
    await clinic.consent()
    await clinic.click()
    path = f"/v1/evidence/{clinic.address_key}"
    own = clinic.neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="optouts")
    other = clinic.neighbours.client_headers(subscriber_id=uuid4(), scopes="optouts")
    entries = (await clinic.service.http.get(path, headers=own)).json()["entries"]
    assert [(entry["kind"], entry["chain_position"]) for entry in entries] == [("consent", 1), ("optout", 2)]
    assert entries[1]["entry_id"] == str((await clinic.may_send()).entry_id)
    foreign = await clinic.service.http.get(path, headers=other)
    assert (foreign.status_code, foreign.json()["entries"]) == (200, [])
    assert (await clinic.service.http.get("/v1/evidence/nobody", headers=own)).status_code == 422


async def test_the_feed_tells_of_every_suppression_in_the_shape_of_the_log(clinic: Clinic) -> None:
    """Architecture 2: followed by ingest, portal and scheduler with a cursor and an epoch."""
    await clinic.click()
    await clinic.consent()
    headers = service_headers("ingest", "optout")
    answer = await clinic.service.http.get("/v1/changes", headers=headers)
    changes = Changes.model_validate(answer.json())
    assert [change.kind for change in changes.changes] == ["suppression"]
    assert changes.changes[0].body == (await clinic.poll()).entries[0].model_dump(mode="json")
    assert changes.changes[0].subscriber_id == clinic.subscriber_id
    foreign = {"after": changes.cursor, "epoch": str(uuid4())}
    refused = await clinic.service.http.get("/v1/changes", params=foreign, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "feed_restarted")


async def test_a_thousand_questions_are_answered_in_the_order_asked(clinic: Clinic) -> None:
    """P4: one call, one round trip, the answers by query."""
    await clinic.consent()
    queries = [
        {
            "query_id": str(uuid4()),
            "subscriber_id": str(clinic.subscriber_id if n % 2 else uuid4()),
            "location_id": str(clinic.location_id),
            "address_key": clinic.address_key,
            "person_ids": [str(clinic.person_id)],
            "message_class": "commercial",
        }
        for n in range(1000)
    ]
    answers = (await clinic.call("/v1/permissions/check", {"queries": queries}))["answers"]
    assert [answer["query_id"] for answer in answers] == [query["query_id"] for query in queries]
    assert [answer["answer"] for answer in answers] == ["no_permission_yet", "allowed"] * 500


async def test_a_batch_is_answered_with_a_letter_a_message_in_the_order_asked(clinic: Clinic) -> None:
    """I8: allowed, refused with its reason, and no permission yet; what a group shares is said once."""
    await clinic.consent()
    out = clinic.another().address_key
    await clinic.call("/v1/optouts", _optouts(clinic, address_key=out), "ingest")
    shared = {"location_id": str(clinic.location_id), "message_class": "commercial"}
    person = [str(clinic.person_id)]
    own = shared | {"subscriber_id": str(clinic.subscriber_id)}
    groups = [
        own
        | {"address_keys": [clinic.address_key, out, clinic.address_key], "person_ids": [person, [], [str(uuid4())]]},
        shared | {"subscriber_id": str(uuid4()), "address_keys": [clinic.address_key], "person_ids": [person]},
        own | {"message_class": "transactional", "address_keys": [clinic.address_key], "person_ids": [person]},
    ]
    answer = await clinic.call("/v1/permissions/batch", {"groups": groups})
    assert answer == {"verdicts": "arnna", "reasons": ["optout_business"]}


async def test_a_batch_says_of_each_message_whom_it_is_about(clinic: Clinic) -> None:
    """P4: lists of unequal length and more than 1,000 messages are refused whole: nobody is answered for by somebody else's permission."""
    group = {
        "subscriber_id": str(clinic.subscriber_id),
        "location_id": str(clinic.location_id),
        "message_class": "commercial",
        "address_keys": [clinic.address_key],
        "person_ids": [[]],
    }
    headers = service_headers("mailer", "optout")
    for groups in ([group | {"person_ids": [[], []]}], [group | {"person_ids": []}], [group] * 1001):
        answer = await clinic.service.http.post("/v1/permissions/batch", json={"groups": groups}, headers=headers)
        assert answer.status_code == 422
    full = group | {"address_keys": [clinic.address_key] * 600, "person_ids": [[]] * 600}
    answer = await clinic.service.http.post("/v1/permissions/batch", json={"groups": [full, full]}, headers=headers)
    assert answer.status_code == 422


async def test_only_the_named_services_may_ask(clinic: Clinic) -> None:
    """S1: clients and other services are refused before anything is read."""
    client = clinic.neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="optouts ingest messages")
    for path in ("/v1/permissions/check", "/v1/permissions/batch", "/v1/suppressions/poll", "/v1/consents"):
        for headers in (client, service_headers("portal", "optout")):
            assert (await clinic.service.http.post(path, json={}, headers=headers)).status_code == 403
        assert (await clinic.service.http.post(path, json={})).status_code == 401


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (optout.ConsentsInput, examples.CONSENTS),
        (optout.OptoutsInput, examples.OPTOUTS),
        (optout.Recorded, examples.RECORDED),
        (optout.PermissionQueries, examples.QUERIES),
        (optout.PermissionAnswers, examples.ANSWERS),
        (optout.PermissionBatch, examples.BATCH),
        (optout.PermissionVerdicts, examples.VERDICTS),
        (optout.AddressKeysInput, examples.ADDRESS_KEYS),
        (optout.AddressKeysAnswer, examples.KEYED_ADDRESSES),
        (optout.SuppressionPoll, examples.POLL),
        (optout.SuppressionAnswer, examples.POLLED),
        (Changes, examples.CHANGES),
        (ledger.AddressEvidence, examples.EVIDENCE),
        (ledger.EvidenceSearch, proof_examples.SEARCH),
        (ledger.DecisionQuestion, proof_examples.QUESTION),
        (ledger.DecisionProof, proof_examples.PROOF),
        (ledger.BouncesInput, proof_examples.BOUNCES),
        (ledger.ExportInput, proof_examples.EXPORT),
        (Page[ledger.ExportRecord], proof_examples.EXPORTS),
        (ledger.HashesInput, proof_examples.HASHES),
        (ledger.HashesAnswer, proof_examples.HASHES_ANSWER),
    ],
)
def test_every_worked_example_is_valid(model: type[BaseModel], example: dict[str, Any]) -> None:
    """OpenAPI examples are input that works."""
    assert model.model_validate(example)


async def test_every_route_for_machines_shows_examples(clinic: Clinic) -> None:
    """REST manners: a worked example for every request and answer."""
    for path, methods in clinic.service.app.openapi()["paths"].items():
        if not path.startswith("/v1/") or path.startswith(("/v1/directory", "/v1/hold")):
            continue
        for operation in methods.values():
            good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            shown = good["content"].values()
            assert shown
            assert all("example" in media for media in shown), path
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]
                assert "examples" in schema.get("schema", {}) or "examples" in schema, path


async def test_the_key_of_an_address_is_told_to_the_scheduler_and_says_nothing_of_it(clinic: Clinic) -> None:
    """L-015: a test of a campaign respects the opt-out of its reader; case folds, what is no address has no key, clients are refused."""
    known, folded, wrong = (
        await clinic.call(
            "/v1/address-keys", {"addresses": ["Ada@EXAMPLE.com", "ada@example.com", "no address"]}, "scheduler"
        )
    )["keys"]
    assert (known["address"], folded["address"], wrong) == (
        "Ada@example.com",
        "ada@example.com",
        {"address": None, "address_key": None},
    )
    assert known["address_key"] == folded["address_key"] == ADDRESS_KEYS.key_of("ada@example.com")
    headers = service_headers("ingest", "optout")
    assert (
        await clinic.service.http.post("/v1/address-keys", json={"addresses": ["a@b.co"]}, headers=headers)
    ).status_code == 403
