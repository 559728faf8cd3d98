"""Consumers as a front desk works with them: found blind, edited against the source by rule, merged, explained (S-120, S-123, N-06, N-114)."""

import asyncio
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.ingest.domain.conflict import RULES
from tests.fixtures.builders import build_location, build_subscriber
from tests.ingest.desk import Desk
from tests.ingest.practice import at, consumer


async def wait_until_waiting(connection: Any, count: int) -> None:
    """Return when so many transactions of this database wait for a lock."""
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with asyncio.timeout(20):
        while await connection.fetchval(waiting) < count:  # noqa: ASYNC110 - the server knows
            await asyncio.sleep(0.01)


async def test_people_are_found_by_name_address_phone_and_plate(desk: Desk) -> None:
    """Architecture 5: by the beginnings of words, without case and accents; by address however written; nothing is readable at rest."""
    assert await desk.find(name="zoe") == ["P1"]
    assert await desk.find(name="MULLER") == ["P1"]
    assert await desk.find(name="ann lee") == ["P2", "P3"]
    assert await desk.find(name="annab") == ["P2"]
    assert (await desk.find(name="ann le"), await desk.find(name="bo")) == (["P2", "P3"], ["P3"])
    assert await desk.find(name="leeds bo") == ["P3"]
    assert await desk.find(name="nna") == []
    assert await desk.find(address="SHARED@example.com") == ["P2", "P3"]
    assert await desk.find(phone="415-555-0101") == ["P1"]
    assert await desk.find(plate="7ABC 123") == ["P2"]
    assert await desk.find(name="ann", plate="7ABC123") == ["P2"]
    assert await desk.find(address="not an address") == []
    assert await desk.find(limit=1) == ["P1", "P2", "P3"]
    assert await desk.find(name="ann", limit=1) == ["P2", "P3"]
    assert await desk.find(has_address=False) == await desk.find(status="inactive") == []


async def test_a_changed_person_is_found_by_the_new_name_only(desk: Desk) -> None:
    """S-122: terms follow the record; deleted people are not found."""
    await desk.practice.upload(consumer("P1", first_name="Quinn", source_updated_at=at(5)))
    await desk.index()
    assert (await desk.find(name="zoe"), await desk.find(name="quinn")) == ([], ["P1"])
    await desk.practice.upload(consumer("P1", op="delete", source_updated_at=at(6)))
    await desk.index()
    assert await desk.find(name="quinn") == []
    assert (
        await desk.practice.rows(
            "select 1 from search_terms where consumer_id not in (select id from consumers where not deleted)"
        )
        == []
    )


async def test_an_edit_is_effective_at_once_and_needs_the_version_that_was_read(desk: Desk) -> None:
    """S-120: the next message uses the new address; 428 without If-Match, 412 with an old one; an unusable address is refused."""
    person = await desk.id_of("P1")
    first = await desk.read(person)
    edited = await desk.send("PATCH", person, email="new@example.com", phone="")
    assert (edited.status_code, edited.json()["address"]) == (200, "new@example.com")
    assert edited.headers["etag"] == f'"{edited.json()["version"]}"'
    assert (await desk.practice.recipients(person)).recipients[0].address == "new@example.com"
    assert await desk.find(address="new@example.com") == ["P1"]
    assert [fact["consumer_id"] for fact in await desk.practice.facts("consumer")][-1] == person
    late = await desk.send("PATCH", person, version=first["version"], phone="1")
    assert (late.status_code, late.json()["code"]) == (412, "version_mismatch")
    bare = await desk.http.patch(f"/v1/consumers/{person}", json={"phone": "1"}, headers=desk.headers)
    assert bare.status_code == 428
    refused = await desk.send("PATCH", person, email="none@none.com")
    assert (refused.status_code, refused.json()["code"]) == (422, "address_unusable")
    history = (await desk.read(person, "/history"))["items"]
    assert (history[0]["source"], history[0]["fields"]) == ("front_desk", ["email", "phone"])


async def test_an_edit_is_answered_with_what_it_made(desk: Desk) -> None:
    """S-120: a change that waited for the edit and follows it at once is not in its answer."""
    person = await desk.id_of("P1")
    version = (await desk.read(person))["version"]
    superuser = await asyncpg.connect(desk.practice.ingest.database.superuser)
    next_edit = await asyncpg.connect(desk.practice.ingest.database.superuser)
    async with superuser.transaction():
        await superuser.execute(
            "lock table consumer_edits in exclusive mode"
        )  # where the edit waits, its person locked
        edit = asyncio.create_task(desk.send("PATCH", person, version=version, preferred_name="Bo"))
        await wait_until_waiting(superuser, 1)
        change = "update consumers set version = version + 1 where id = $1"
        follows = asyncio.create_task(next_edit.execute(change, UUID(person)))
        await wait_until_waiting(superuser, 2)
    edited = (await edit).json()
    assert (edited["preferred_name"], edited["version"]) == ("Bo", version + 1)
    await follows
    assert (await desk.read(person))["version"] == version + 2
    for connection in (superuser, next_edit):
        await connection.close()


EDITED = {
    "first_name": ("Source", "Desk", "Newer"),
    "last_name": ("Source", "Desk", "Newer"),
    "preferred_name": ("Source", "Desk", "Newer"),
    "email": ("s@example.com", "d@example.com", "n@example.com"),
    "phone": ("4155550001", "4155550002", "4155550003"),
    "birth_on": ("1980-01-01", "1980-01-02", "1980-01-03"),
    "language": ("en", "es", "fr"),
    "status": ("active", "inactive", "prospect"),
}


async def test_between_front_desk_and_source_the_rule_of_the_field_decides(desk: Desk) -> None:
    """S-123: (field) x (who changed last): a repeat and an older change leave the edit, a newer change wins, the stricter status stays."""
    assert EDITED.keys() == RULES.keys()
    now = desk.practice.clock.now()
    people = {(field, case): f"E-{field}-{case}" for field, case in product(EDITED, ("same", "older", "newer"))}
    await desk.practice.upload(*(consumer(name, **{field: EDITED[field][0]}) for (field, _), name in people.items()))
    for (field, _), name in people.items():
        edit: dict[str, Any] = {field: EDITED[field][1]}
        answer = await desk.send("PATCH", await desk.id_of(name), **edit)
        assert answer.status_code == 200, answer.text
    for (field, case), name in people.items():
        values = {"source_updated_at": at(10), field: EDITED[field][0], "household": "H9"}
        if case != "same":
            values[field] = EDITED[field][2]
        if case == "newer":
            values["source_updated_at"] = now.replace(microsecond=0).isoformat().replace("15:00:00", "15:30:00")
        assert (await desk.practice.upload(consumer(name, **values))).applied == 1
    for (field, case), name in people.items():
        shown = await desk.read(await desk.id_of(name))
        wanted = EDITED[field][2 if case == "newer" and RULES[field] == "newest" else 1]
        assert shown["address" if field == "email" else field] == wanted, (field, case)
        assert [edit["field"] for edit in shown["edits"]] == ([] if wanted == EDITED[field][2] else [field])
        assert shown["household_id"]


async def test_a_front_desk_makes_a_person_once(desk: Desk) -> None:
    """S-120: with Idempotency-Key; the kept answer is sealed; found at once; unknown and uncovered locations are refused."""
    body = {
        "location_id": str(desk.practice.location.location_id),
        "first_name": "Walter",
        "email": "walter@example.com",
    }
    headers = desk.headers | {"idempotency-key": "walk-in-1"}
    first = await desk.http.post("/v1/consumers", json=body, headers=headers)
    again = await desk.http.post("/v1/consumers", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json()["consumer_id"], first.headers["etag"]) == (again.json()["consumer_id"], again.headers["etag"])
    assert len(await desk.find(name="walter")) == 1
    stored = str(await desk.practice.rows("select * from idempotency")) + str(
        await desk.practice.rows("select * from consumers")
    )
    assert "Walter" not in stored
    assert (await desk.read(first.json()["consumer_id"], "/origin"))["connector"] == "front_desk"
    elsewhere = build_location(desk.practice.subscriber.subscriber_id)
    refused = await desk.http.post(
        "/v1/consumers", json=body | {"location_id": str(elsewhere.location_id)}, headers=desk.headers
    )
    assert refused.json()["code"] == "location_unknown"


async def test_a_front_desk_merges_and_parts_people(desk: Desk) -> None:
    """N-06, N-07: history and opt-outs follow, the merged one is not found; parted again, opt-outs stay on both."""
    await desk.practice.upload(consumer("P1", email_ok=False, source_updated_at=at(5)))
    gone, stays = await desk.id_of("P1"), await desk.id_of("P2")
    merged = await desk.send("PUT", gone, "/v1/merges/", into_id=stays)
    assert (merged.status_code, merged.json()["merged_into"]) == (200, stays)
    assert (await desk.practice.facts("visit"))[-1]["consumer_id"] == stays
    assert await desk.find(name="zoe") == []
    for again in (
        await desk.send("PATCH", gone, phone="1"),
        await desk.send("PUT", gone, "/v1/merges/", into_id=stays),
    ):
        assert (again.status_code, again.json()["code"]) == (409, "consumer_merged")
    await desk.practice.ingest.step("source_optouts")
    assert {str(row.person_id) for row in desk.practice.optout.optouts.values()} == {gone, stays}
    bare = await desk.http.delete(f"/v1/merges/{gone}", headers=desk.headers)
    late = await desk.send("DELETE", gone, "/v1/merges/", version=merged.json()["version"] - 1)
    assert [(each.status_code, each.json()["code"]) for each in (bare, late)] == [
        (428, "version_needed"),
        (412, "version_mismatch"),
    ]
    parted = await desk.send("DELETE", gone, "/v1/merges/")
    assert (parted.status_code, parted.json()["merged_into"]) == (200, None)
    assert (await desk.practice.facts("visit"))[-1]["consumer_id"] == gone
    assert (await desk.send("DELETE", gone, "/v1/merges/")).json()["code"] == "consumer_not_merged"
    assert [row["source"] for row in (await desk.read(gone, "/history"))["items"]].count("merge") == 2


async def test_a_household_is_shown_with_its_relations(desk: Desk) -> None:
    """Domain 3.6: same household, same address, guardians and wards, guarantors."""
    relation = {"type": "relation", "foreign_id": "L1", "source_updated_at": at(), "consumer": "P9", "related": "P1"}
    await desk.practice.upload(
        consumer("P9", birth_on="2020-01-01", guardian="P2"), relation | {"relation": "guarantor"}
    )
    await desk.index()
    shown = await desk.read(await desk.id_of("P2"), "/household")
    assert {row["foreign_id"] for row in shown["members"]} == {"P1", "P2", "P3", "P9"}
    assert {row["relation"] for row in shown["relations"]} == {"guardian", "guarantor"}


async def test_a_person_is_told_where_the_address_came_from(desk: Desk) -> None:
    """N-114: source, since when, on which permission; what was refused there."""
    await desk.practice.upload(consumer("P1", email_ok=False, source_updated_at=at(5)))
    origin = await desk.read(await desk.id_of("P1"), "/origin")
    assert (origin["source"], origin["connector"]) == ("Front office", "fhir")
    assert (len(origin["permissions"]), origin["permissions"][0]["evidence"].partition(":")[0]) == (1, "visit")
    assert origin["first_seen_at"] is not None
    assert origin["refused_at"] is not None


async def test_a_change_at_the_source_is_in_the_history_by_field(desk: Desk) -> None:
    """S-123: when, by which connection, which fields."""
    await desk.practice.upload(
        consumer("P2", first_name="Annabel", last_name="Lee", status="inactive", source_updated_at=at(5))
    )
    (entry,) = (await desk.read(await desk.id_of("P2"), "/history"))["items"]
    assert (entry["source"], entry["changed_by"]) == ("connection", str(desk.practice.connection_id))
    assert set(entry["fields"]) == {"address", "household_id", "status"}


async def test_strangers_and_other_locations_find_nobody(desk: Desk) -> None:
    """S1, S2: foreign, uncovered and unknown ids are answered alike on every route."""
    person = UUID(await desk.id_of("P1"))
    elsewhere = Desk(desk.practice, locations=(uuid4(),))
    stranger = build_subscriber()
    await desk.practice.neighbours.push("ingest", "subscriber", str(stranger.subscriber_id), stranger)
    foreign = Desk(desk.practice)
    foreign.headers = desk.practice.neighbours.client_headers(subscriber_id=stranger.subscriber_id, scopes="records")
    for other in (elsewhere, foreign):
        assert await other.find(name="zoe") == []
        for what in ("", "/household", "/history", "/origin"):
            answer = await other.http.get(f"/v1/consumers/{person}{what}", headers=other.headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "consumer_unknown")
        edited = await other.send("PATCH", str(person), version=1, phone="1")
        assert (edited.status_code, edited.json()["code"]) == (404, "consumer_unknown")
