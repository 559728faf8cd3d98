"""Who may upload what, and connections as their owners see them (S-050, S-052, S1, S2)."""

from uuid import uuid4

from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import Neighbours
from tests.ingest.practice import Practice, consumer, lines, open_practice


async def test_without_an_accepted_agreement_nothing_is_taken(neighbours: Neighbours) -> None:
    """S-052: 403 agreement_required, until it is accepted; an ended subscription is refused."""
    practice = await open_practice(neighbours, agreed=False)
    refused = await practice.post(lines(consumer()))
    assert (refused.status_code, refused.json()["code"]) == (403, "agreement_required")
    owner = practice.subscriber.subscriber_id
    await neighbours.push("ingest", "subscriber", str(owner), build_subscriber(subscriber_id=owner), version=2)
    assert (await practice.post(lines(consumer()))).status_code == 200
    gone = build_subscriber(subscriber_id=owner, active=False)
    await neighbours.push("ingest", "subscriber", str(owner), gone, version=3)
    ended = await practice.post(lines(consumer()))
    assert (ended.status_code, ended.json()["code"]) == (403, "subscriber_inactive")


async def test_a_stranger_finds_nothing_and_changes_nothing(practice: Practice) -> None:
    """S2, S-050: foreign and unknown ids are answered alike."""
    stranger = build_subscriber()
    owner = stranger.subscriber_id
    await practice.neighbours.push("ingest", "subscriber", str(owner), stranger)
    headers = practice.neighbours.client_headers(subscriber_id=owner, scopes="ingest")
    foreign = await practice.post(lines(consumer()), headers=headers)
    unknown = await practice.post(lines(consumer()), headers=headers, connection_id=str(uuid4()))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "connection_unknown")
    assert unknown.json()["code"] == "connection_unknown"
    batch_id = uuid4()
    await practice.upload(consumer(), batch_id=batch_id)
    for path in (f"/v1/batches/{batch_id}", f"/v1/connections/{practice.connection_id}"):
        assert (await practice.ingest.http.get(path, headers=headers)).status_code == 404
    assert (await practice.ingest.http.get("/v1/connections", headers=headers)).json()["items"] == []


async def test_scope_and_location_of_a_credential_are_checked(practice: Practice) -> None:
    """S1: a scope too few 403, no credential 401, another location's connection as if unknown."""
    owner, http = practice.subscriber.subscriber_id, practice.ingest.http
    scopeless = practice.neighbours.client_headers(subscriber_id=owner, scopes="campaigns")
    assert (await practice.post(b"", headers=scopeless)).status_code == 403
    query = {"connection_id": str(practice.connection_id), "batch_id": str(uuid4())}
    assert (await http.post("/v1/batches", params=query)).status_code == 401
    elsewhere = build_location(owner)
    bound = practice.neighbours.client_headers(subscriber_id=owner, scopes="ingest", locations=(elsewhere.location_id,))
    assert (await practice.post(b"", headers=bound)).json()["code"] == "connection_unknown"
    wanted = {"location_id": str(practice.location.location_id), "connector": "fhir", "name": "x"}
    assert (await http.post("/v1/connections", json=wanted, headers=bound)).status_code == 403
    wanted["location_id"] = str(elsewhere.location_id)
    unknown = await http.post("/v1/connections", json=wanted, headers=practice.headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "location_unknown")


async def test_connections_are_made_once_and_listed_in_pages(practice: Practice) -> None:
    """S-121: interval and last success; Idempotency-Key; cursor pages."""
    wanted = {"location_id": str(practice.location.location_id), "connector": "csv", "name": "Back office"}
    headers = practice.headers | {"idempotency-key": "once"}
    first = await practice.ingest.http.post("/v1/connections", json=wanted, headers=headers)
    second = await practice.ingest.http.post("/v1/connections", json=wanted, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    page = (await practice.ingest.http.get("/v1/connections?limit=1", headers=practice.headers)).json()
    rest = (await practice.ingest.http.get(f"/v1/connections?after={page['next']}", headers=practice.headers)).json()
    assert [len(page["items"]), len(rest["items"]), rest["next"]] == [1, 1, None]
    assert rest["items"][0] == first.json() | {"go_live_at": None}


async def test_a_process_reads_only_so_many_uploads_at_once(neighbours: Neighbours) -> None:
    """S72: the next one is told to come again."""
    await neighbours.open("ingest", INGEST_MOST_UPLOADS="1")
    practice = await open_practice(neighbours)
    with practice.ingest.deps.uploads.take():
        busy = await practice.post(lines(consumer()))
    assert (busy.status_code, busy.json()["code"]) == (503, "busy")
    assert (await practice.post(lines(consumer()))).status_code == 200
