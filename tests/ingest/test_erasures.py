"""Erasure at ingest: nothing readable stays, nothing comes back by sync, snapshot, replay or front desk, and nobody else is touched (S-036, I19)."""

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from services.ingest.store.erasing import erase_alone, write_beside
from shared.schemas.optout import SuppressionEntry
from tests.fixtures.services import Neighbours
from tests.ingest.orders import ANN, key_of, obey, order_for
from tests.ingest.practice import Practice, appointment, at, consumer, lines, open_practice, visit

EVERYTHING = (
    consumer("P1", email=ANN, phone="+1 213 555 0101", birth_on="1980-02-03"),
    consumer("P2", first_name="Bob", email="bob@example.com"),
    appointment("A1", "P1", provider="Dr Quill"),
    visit("V1", "P1"),
    {
        "type": "recare_due",
        "foreign_id": "R1",
        "consumer": "P1",
        "recare_kind": "prophylaxis",
        "due_on": "2026-09-01",
        "status": "open",
    },
    {
        "type": "vehicle",
        "foreign_id": "C1",
        "consumer": "P1",
        "vin": "1HGCM82633A004352",
        "plate": "7ABC123",
        "make": "Honda",
    },
    {"type": "odometer_reading", "foreign_id": "O1", "vehicle": "C1", "read_at": at(), "distance": 100, "unit": "mi"},
    {
        "type": "service_line",
        "foreign_id": "S1",
        "consumer": "P1",
        "vehicle": "C1",
        "service_kind": "oil_change",
        "state": "done",
        "stated_at": at(),
        "description": "Quill oil",
        "total_cents": 100,
        "currency": "USD",
    },
    {"type": "relation", "foreign_id": "L1", "consumer": "P2", "related": "P1", "relation": "guarantor"},
    {
        "type": "contact_point",
        "foreign_id": "T1",
        "consumer": "P1",
        "kind": "phone",
        "value": "+1 213 555 0199",
        "state": "valid",
    },
    {
        "type": "consent_signal",
        "foreign_id": "G1",
        "consumer": "P1",
        "scope": "commercial",
        "granted": True,
        "said_at": at(),
    },
)
RECORDS = [{"source_updated_at": at()} | record for record in EVERYTHING]


async def person_of(practice: Practice, foreign_id: str) -> dict[str, Any]:
    """Return a consumer as an integration finds them, empty for one who is erased or was never there."""
    query = {"connection_id": str(practice.connection_id), "foreign_id": foreign_id}
    headers = practice.neighbours.client_headers(subscriber_id=practice.subscriber.subscriber_id, scopes="records")
    answer = await practice.ingest.http.get("/v1/consumers", params=query, headers=headers)
    return next((dict(each) for each in answer.json()["items"] if not each["deleted"]), {})


def desk(practice: Practice) -> dict[str, str]:
    """Return the credential of the front desk."""
    return practice.neighbours.client_headers(subscriber_id=practice.subscriber.subscriber_id, scopes="records")


async def _readable(practice: Practice) -> dict[str, int]:
    """Return how many rows of each table hold something sealed."""
    tables = await practice.rows(
        "select table_name as name, column_name as col from information_schema.columns "
        "where table_schema = 'public' and column_name in ('personal', 'sealed') and table_name not in ('row_keys')"
    )
    counts = {}
    for table in tables:
        [row] = await practice.rows(f"select count(*) as n from {table['name']} where {table['col']} is not null")
        counts[table["name"]] = row["n"]
    return {name: count for name, count in counts.items() if count}


async def test_an_erased_person_is_nowhere_and_planning_hears_of_it(practice: Practice) -> None:
    """S-036, I19: records, edits, history, search terms, kept answers, the last chunk; the acknowledgement leaves with the same commit."""
    made = desk(practice) | {"Idempotency-Key": "walk-in"}
    walk_in = {"location_id": str(practice.location.location_id), "first_name": "ann", "last_name": "LEE", "email": ANN}
    assert (await practice.ingest.http.post("/v1/consumers", json=walk_in, headers=made)).status_code == 201
    assert (await practice.upload(*RECORDS)).rejections == []
    ann = await person_of(practice, "P1")
    path = f"/v1/consumers/{ann['consumer_id']}"
    edited = await practice.ingest.http.patch(
        path, json={"phone": "+1 213 555 0102"}, headers=desk(practice) | {"If-Match": "1"}
    )
    assert edited.status_code == 200, edited.text
    while await practice.ingest.step("search"):
        pass
    order = order_for(practice)
    await obey(practice, order)
    assert await _readable(practice) == {"consumers": 1}
    keyed = (ann["consumer_id"], str(key_of(ANN)))
    for table in (
        "search_terms",
        "consumer_edits",
        "consumer_history",
        "consents",
        "source_optouts",
        "idempotency",
        "staging_0",
    ):
        text = await practice.rows(f"select coalesce(string_agg(t::text, ' '), '') as found from {table} t")
        assert not any(value in text[0]["found"] for value in keyed), table
    assert (await practice.ingest.http.get(path, headers=desk(practice))).status_code == 404
    found = await practice.ingest.http.post("/v1/consumers/search", json={"name": "Ann"}, headers=desk(practice))
    assert found.json()["items"] == []
    for kind in ("consumer", "appointment", "visit", "vehicle", "recare_due", "service_line", "relation"):
        told = [fact for fact in await practice.facts(kind) if fact.get("deleted")]
        assert told, kind
    assert (await practice.recipients(ann["consumer_id"])).recipients == []
    [row] = await practice.rows("select body, path from outbox where path like '%erasures%'")
    [done] = json.loads(row["body"])["done"]
    assert (done["entry_id"], done["records"] > 12) == (str(order.entry_id), True)
    assert await person_of(practice, "P2")


@pytest.mark.parametrize("later", ["replay", "newer", "snapshot", "other_id", "other_connection", "new_children"])
async def test_no_source_brings_an_erased_person_back(practice: Practice, later: str) -> None:
    """S-036, N-22, N-78: the same batch, a newer version, a snapshot, a new foreign id, another connection; nothing readable, nobody reachable."""
    batch_id = uuid4()
    await practice.upload(*RECORDS, batch_id=batch_id)
    await obey(practice, order_for(practice))
    newer = {"source_updated_at": at(60)}
    if later == "snapshot":
        people = [record for record in RECORDS if record["type"] == "consumer"]
        body = lines(*people)
        whole: dict[str, Any] = {
            "complete": "true",
            "count": str(len(people)),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        answer = await practice.post(body, mode="snapshot", entity="consumer", **whole)
        assert answer.json()["state"] == "applied", answer.text
    elif later == "other_connection":
        other = {"location_id": str(practice.location.location_id), "connector": "fhir", "name": "Second"}
        made = await practice.ingest.http.post("/v1/connections", json=other, headers=practice.headers)
        practice.connection_id = UUID(made.json()["connection_id"])
        await practice.upload(*RECORDS[:1], RECORDS[2])
    else:
        sent = {
            "replay": RECORDS,
            "newer": [record | newer for record in RECORDS],
            "other_id": [RECORDS[0] | newer | {"foreign_id": "P9"}, appointment("A9", "P9", provider="Dr Quill")],
            "new_children": [appointment("A8", "P1", provider="Dr Quill"), visit("V8", "P1")],
        }[later]
        report = await practice.upload(*sent)
        assert report.rejected == report.parked == 0
        assert report.received == report.applied + report.unchanged + report.superseded
    while await practice.ingest.step("search"):
        pass
    living = await practice.rows("select id from consumers where not deleted or personal is not null")
    assert len(living) == 1
    assert await practice.rows("select 1 from appointments where not deleted or personal is not null") == []
    readable = await _readable(practice)
    assert [(name, count) for name, count in readable.items() if not name.startswith("staging")] == [("consumers", 1)]
    assert max(readable.values()) == 1
    assert await practice.rows("select 1 from consents c join erased_rows e on e.row_id = c.person_id") == []


async def test_the_front_desk_cannot_bring_an_erased_address_back(practice: Practice) -> None:
    """N-38: neither as a new person nor as another's new address; the refusal says whose act it takes."""
    await practice.upload(*RECORDS)
    await obey(practice, order_for(practice))
    walk_in = {"location_id": str(practice.location.location_id), "first_name": "Ann", "email": ANN.upper()}
    bob = (await person_of(practice, "P2"))["consumer_id"]
    created = await practice.ingest.http.post("/v1/consumers", json=walk_in, headers=desk(practice))
    edited = await practice.ingest.http.patch(
        f"/v1/consumers/{bob}", json={"email": ANN}, headers=desk(practice) | {"If-Match": "1"}
    )
    assert [(answer.status_code, answer.json()["code"]) for answer in (created, edited)] == [
        (409, "address_erased")
    ] * 2


async def test_a_named_person_is_erased_alone_and_only_if_they_are_reached_there(practice: Practice) -> None:
    """N-35, L-125: a mailbox proves nothing about strangers; family at the same address stays, a ward of its reader may be erased by it."""
    family = [
        consumer("P1", email="family@example.com"),
        consumer("P2", first_name="Cy", email="family@example.com"),
        consumer("P3", first_name="Stranger", email="other@example.com"),
        consumer("P4", first_name="Kid", email="", guardian="P1", birth_on="2020-01-01"),
        consumer("P5", first_name="Typo", email="dee@gmial.com"),
    ]
    await practice.upload(*family)
    ids = {name: (await person_of(practice, name))["consumer_id"] for name in ("P2", "P3", "P4", "P5")}
    await obey(practice, order_for(practice, "family@example.com", ids["P3"]))
    assert await person_of(practice, "P3")
    await obey(practice, order_for(practice, "family@example.com"))
    assert await person_of(practice, "P1")
    [told] = await practice.rows("select body from outbox where path like '%erasures%' order by id desc limit 1")
    assert json.loads(told["body"])["done"][0]["undecided"] == 2
    await obey(
        practice,
        order_for(practice, "family@example.com", ids["P2"]),
        order_for(practice, "family@example.com", ids["P4"]),
        order_for(practice, "dee@gmial.com", ids["P5"]),
    )
    assert [bool(await person_of(practice, name)) for name in ("P1", "P2", "P3", "P4", "P5")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    await practice.upload(*[record | {"source_updated_at": at(9)} for record in family])
    assert [bool(await person_of(practice, name)) for name in ("P1", "P2", "P4", "P5")] == [True, False, False, False]


async def test_an_order_of_the_platform_reaches_every_business_and_every_row_of_a_merged_person(
    neighbours: Neighbours,
) -> None:
    """S-035, N-06: whoever a merge says is the same human goes with them; a third business is untouched."""
    first, second, third = [await open_practice(neighbours) for _ in range(3)]
    for practice in (first, second):
        await practice.upload(*RECORDS)
    await third.upload(consumer("P1", email="zoe@example.com"))
    merge = {"type": "merge", "foreign_id": "M1", "consumer": "P2", "into": "P1", "source_updated_at": at(1)}
    await first.upload(merge)
    await obey(first, order_for(None))
    assert [row["n"] for row in await first.rows("select count(*) as n from consumers where personal is not null")] == [
        2
    ]
    assert await person_of(second, "P2")
    assert await person_of(third, "P1")
    await second.upload(*[record | {"source_updated_at": at(9)} for record in RECORDS])
    assert await person_of(second, "P1") == {}


async def test_their_own_sign_up_lets_a_person_back_in_and_an_old_order_told_again_leaves_them(
    practice: Practice,
) -> None:
    """N-38, I20: after the lift the source's next word counts; a feed read again from its start erases nobody twice."""
    await practice.upload(*RECORDS)
    order = order_for(practice)
    await obey(practice, order)
    lift = SuppressionEntry(
        position=2,
        entry_id=uuid4(),
        kind="lift",
        subscriber_id=order.subscriber_id,
        location_id=None,
        address_key=order.address_key,
        person_id=None,
        suppression_class="all",
    )
    await obey(practice, lift)
    await practice.upload(*[record | {"source_updated_at": at(60)} for record in RECORDS])
    assert await person_of(practice, "P1")
    await obey(practice, order, lift)
    assert await person_of(practice, "P1")
    told = await practice.rows("select body from outbox where path like '%erasures%' order by id")
    records = [json.loads(row["body"])["done"][0]["records"] for row in told]
    assert records[0] == records[1]


async def test_a_batch_that_runs_beside_an_erasure_leaves_nobody(practice: Practice) -> None:
    """I19: the erasure waits for a chunk that is being merged; what comes after it meets the tombstone."""
    await practice.upload(*RECORDS)
    deps = practice.ingest.deps
    async with deps.api_db.transaction(practice.subscriber.subscriber_id) as connection:
        await write_beside(connection)
        async with deps.worker_db.transaction() as other:
            await other.exec_driver_sql("set local lock_timeout = '200ms'")
            with pytest.raises(DBAPIError, match="lock timeout"):
                await erase_alone(other)
    await obey(practice, order_for(practice))
    assert await person_of(practice, "P1") == {}


async def test_the_services_own_roles_do_no_more_than_they_must(practice: Practice) -> None:
    """S91: an API role can neither lift an erasure nor forget who was erased."""
    await practice.upload(*RECORDS)
    await obey(practice, order_for(practice))
    role = await asyncpg.connect(practice.ingest.database.api)
    for statement in ("update erasures set keeps_out = false", "delete from erased_rows", "delete from erasures"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute(statement)
    await role.close()


async def test_an_order_about_somebody_unknown_at_a_business_that_sent_nothing_is_acknowledged(
    practice: Practice,
) -> None:
    """S-030, S-036: the feed goes on, and the address is kept out from then on."""
    await obey(practice, order_for(practice), order_for(None))
    told = await practice.rows("select body from outbox where path like '%erasures%'")
    assert [each["records"] for each in json.loads(told[0]["body"])["done"]] == [0, 0]
    await practice.upload(consumer("P1", email=ANN))
    assert await person_of(practice, "P1") == {}
