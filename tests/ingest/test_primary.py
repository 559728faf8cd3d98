"""An old and a new system side by side at one location: what lies ahead counts from the primary alone, people are suspected to be the same (N-89)."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.ingest.desk import Desk
from tests.ingest.practice import Practice, appointment, at, consumer, visit

AHEAD = "2026-03-05T10:00:00-08:00"


def _due(foreign_id: str) -> dict[str, Any]:
    return {
        "type": "recare_due",
        "foreign_id": foreign_id,
        "source_updated_at": at(),
        "consumer": "P1",
        "due_on": "2026-06-01",
    }


def _all() -> list[dict[str, Any]]:
    return [consumer("P1"), appointment("A1", "P1", starts_at=AHEAD), visit("V1", "P1"), _due("R1")]


async def _connect(practice: Practice, location_id: UUID | None = None) -> UUID:
    body = {"location_id": str(location_id or practice.location.location_id), "connector": "fhir", "name": "New"}
    made = await practice.ingest.http.post("/v1/connections", json=body, headers=practice.headers)
    assert made.status_code == 201, made.text
    return UUID(made.json()["connection_id"])


async def _state(practice: Practice, connection_id: UUID) -> tuple[bool, list[str]]:
    """Return whether a connection is the primary, and its alarms."""
    path = f"/v1/connections/{connection_id}"
    shown = await practice.ingest.http.get(path, headers=practice.headers)
    health = await practice.ingest.http.get(f"{path}/health", headers=practice.headers)
    return shown.json()["is_primary"], health.json()["alarms"]


async def _counting(practice: Practice, after: str = "0.0") -> dict[str, set[bool]]:
    """Return by kind and row whether the feed says that it counts."""
    found: dict[str, set[bool]] = {}
    for row in (await practice.changes(after)).changes:
        if row.kind in ("appointment", "recare_due", "visit", "consumer"):
            found.setdefault(row.kind, set()).add(not (row.body or {})["deleted"])
    return found


@pytest.fixture
async def both(practice: Practice) -> tuple[UUID, UUID]:
    """The same people, bookings and due dates from an old and a new system."""
    old, new = practice.connection_id, await _connect(practice)
    for source in (old, new):
        practice.connection_id = source
        await practice.upload(*_all())
    return old, new


async def test_only_the_primary_reminds_and_visits_of_both_count(practice: Practice, both: tuple[UUID, UUID]) -> None:
    """N-89: the first source of a location is its primary, the second says that it is not; told so from the very first."""
    old, new = both
    assert await _state(practice, old) == (True, [])
    assert await _state(practice, new) == (False, ["second_source"])
    told = await practice.changes()
    ahead = [row for row in told.changes if row.kind in ("appointment", "recare_due")]
    kept = await practice.rows("select id from appointments where connection_id = $1", old)
    dues = await practice.rows("select id from recare_dues where connection_id = $1", old)
    counting = {row.key for row in ahead if not (row.body or {})["deleted"]}
    assert (len(ahead), counting) == (4, {row["id"] for row in (*kept, *dues)})
    assert (await _counting(practice))["visit"] == {True}


async def test_another_primary_is_told_at_once_both_ways(practice: Practice, both: tuple[UUID, UUID]) -> None:
    """N-89: on the day of the change the new system's bookings count and the old one's do not; visits and people are no news."""
    old, new = both
    before = (await practice.changes()).cursor
    practice.connection_id = new
    made = await practice.edit_connection("PUT", "/primary")
    assert (made.status_code, made.json()["is_primary"], made.headers["etag"]) == (200, True, '"2"')
    assert await _counting(practice, before) == {"appointment": {True, False}, "recare_due": {True, False}}
    assert await _state(practice, old) == (False, ["second_source"])
    assert await _state(practice, new) == (True, [])
    again = await practice.edit_connection("PUT", "/primary")
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')
    stale = await practice.edit_connection("PUT", "/primary", version=1)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")


async def test_when_the_primary_ends_the_oldest_that_is_left_follows(
    practice: Practice, both: tuple[UUID, UUID]
) -> None:
    """N-89: the end of the old system is the beginning of the new one; nobody goes unreminded, nobody is reminded twice."""
    old, new = both
    elsewhere = await _connect(practice, practice.location.location_id)
    before = (await practice.changes()).cursor
    practice.connection_id = old
    assert (await practice.edit_connection("DELETE")).status_code == 200
    assert (await _state(practice, new), await _state(practice, elsewhere)) == ((True, []), (False, []))
    assert (await _state(practice, old))[0] is False
    counting = await _counting(practice, before)
    assert counting == {"appointment": {True, False}, "recare_due": {True, False}}
    refused = await practice.edit_connection("PUT", "/primary")
    assert (refused.status_code, refused.json()["code"]) == (410, "connection_ended")


async def test_a_location_has_one_primary_however_many_ask_at_once(practice: Practice) -> None:
    """Of several made or named at the same moment exactly one is it; a stranger names none."""
    made = await asyncio.gather(*(_connect(practice) for _ in range(4)))

    async def name(connection_id: UUID) -> int:
        headers = practice.headers | {"if-match": '"1"'}
        path = f"/v1/connections/{connection_id}/primary"
        return (await practice.ingest.http.put(path, headers=headers)).status_code

    assert set(await asyncio.gather(*map(name, made))) == {200}
    assert len(await practice.rows("select 1 from connections where is_primary")) == 1
    stranger = practice.neighbours.client_headers(subscriber_id=uuid4(), scopes="ingest") | {"if-match": '"1"'}
    refused = await practice.ingest.http.put(f"/v1/connections/{made[0]}/primary", headers=stranger)
    assert (refused.status_code, refused.json()["code"]) == (404, "connection_unknown")


async def test_people_whom_both_systems_know_are_suspected_to_be_the_same(practice: Practice) -> None:
    """N-83, N-89: by name and birth date, or name and address; page by page; merged they are suspected no more; a father is not his son."""
    ann = {"first_name": "Ann", "last_name": "Lee", "birth_on": "1980-02-03"}
    bob = {"first_name": "Bob", "last_name": "Dole", "email": "bob@example.com"}
    await practice.upload(
        consumer("P1", **ann, email="ann@example.com"),
        consumer("P2", **bob, birth_on="1950-01-02"),
        consumer("P3", first_name="Cy", last_name="Poe", birth_on="1970-01-01"),
    )
    old, new = practice.connection_id, await _connect(practice)
    practice.connection_id = new
    await practice.upload(
        consumer("N1", **ann, email="other@example.com"),
        consumer("N2", **bob),
        consumer("N3", **bob, birth_on="1980-01-02"),
        consumer("N4", first_name="Cy", last_name="Poe", birth_on="1971-01-01"),
    )
    desk = Desk(practice)
    await desk.index()

    async def suspected(connection_id: UUID) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        params: dict[str, Any] = {"connection_id": str(connection_id), "limit": 1}
        while True:
            answer = await desk.http.get("/v1/duplicates", params=params, headers=desk.headers)
            assert answer.status_code == 200, answer.text
            for row in answer.json()["items"]:
                found[row["consumer"]["foreign_id"]] = sorted(other["foreign_id"] for other in row["others"])
            if answer.json()["next"] is None:
                return found
            params["after"] = answer.json()["next"]

    assert await suspected(new) == {"N1": ["P1"], "N2": ["P2"]}
    assert await suspected(old) == {"P1": ["N1"], "P2": ["N2"]}
    gone = await desk.id_of("N1")
    practice.connection_id = old
    assert (await desk.send("PUT", gone, "/v1/merges/", into_id=await desk.id_of("P1"))).status_code == 200
    assert await suspected(new) == {"N2": ["P2"]}
    elsewhere = Desk(practice, locations=(uuid4(),))
    refused = await desk.http.get("/v1/duplicates", params={"connection_id": str(new)}, headers=elsewhere.headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "connection_unknown")
