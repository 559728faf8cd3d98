"""A subscriber takes its own data out: whole, safe in a spreadsheet, on record, with the opt-outs attached."""

import csv
import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from shared.schemas.optout import OptoutInput, OptoutsInput
from tests.fixtures.services import PORTAL_KEY, Neighbours, OpenService, service_headers
from tests.ingest.practice import Practice, appointment, consumer, open_practice, visit

VEHICLE = {
    "type": "vehicle",
    "foreign_id": "C1",
    "source_updated_at": "2026-03-01T12:00:00Z",
    "consumer": "P1",
    "vin": "1HGCM82633A004352",
    "plate": "8ABC123",
    "make": "Honda",
    "model": "Accord",
}


@pytest.fixture
async def both(neighbours: Neighbours) -> tuple[Practice, OpenService]:
    """Return a practice at ingest and the real optout beside it."""
    optout = await neighbours.open("optout")
    return await open_practice(neighbours), optout


async def export(practice: Practice, headers: dict[str, str] | None = None, **wanted: Any) -> Any:
    """Ask for an export."""
    owner = practice.subscriber.subscriber_id
    headers = headers or practice.neighbours.client_headers(subscriber_id=owner, scopes="records")
    body = {"purpose": "change of provider", **wanted}
    return await practice.ingest.http.post("/v1/record-exports", json=body, headers=headers)


async def made(practice: Practice) -> list[dict[str, Any]]:
    """Return the exports on record."""
    owner = practice.subscriber.subscriber_id
    headers = practice.neighbours.client_headers(subscriber_id=owner, scopes="records")
    answer = await practice.ingest.http.get("/v1/record-exports", headers=headers)
    return list(answer.json()["items"])


async def opt_out(
    practice: Practice, optout: OpenService, person: str, kind: str = "all", topic: str | None = None
) -> None:
    """Record an opt-out of a person at optout."""
    rows = [row for row in await practice.facts("consumer") if row["consumer_id"] == person]
    given = OptoutInput.model_validate(
        {
            "optout_id": uuid4(),
            "address_key": rows[-1]["address_key"],
            "suppression_class": kind,
            "topic": topic,
            "channel": "source_flag",
            "evidence": "batch:x",
            "occurred_at": practice.clock.now(),
        }
    )
    body = OptoutsInput(subscriber_id=practice.subscriber.subscriber_id, optouts=[given]).model_dump(mode="json")
    told = await optout.http.post("/v1/optouts", json=body, headers=service_headers("ingest", "optout"))
    assert told.status_code == 200, told.text


async def test_people_come_whole_with_what_they_opted_out_of(both: tuple[Practice, OpenService]) -> None:
    """N-113, S-073: every stored field, the class of the information, a last line; commercial and all are told apart."""
    practice, optout = both
    await practice.upload(*(consumer(f"P{number}", phone="555-0100") for number in range(4)))
    await practice.upload(consumer("P4", email="", email_ok=False), consumer("P5", email=""))
    people = {row["recipient_id"]: row["consumer_id"] for row in await practice.facts("consumer") if row["address_key"]}
    ids = sorted(people)
    await opt_out(practice, optout, ids[0], "commercial")
    await opt_out(practice, optout, ids[1], "all")
    answer = await export(practice)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    assert answer.headers["content-disposition"].startswith('attachment; filename="consumer-')
    head, *rows, tail = [json.loads(line) for line in answer.text.splitlines()]
    assert (head["export"]["information"], tail) == ("consumer", {"exported": 6})
    assert all(list(row) == head["columns"] for row in rows)
    flags = {row["consumer_id"]: row["opted_out"] for row in rows}
    assert [flags[person] for person in ids] == ["commercial", "all", "", ""]
    assert {row["foreign_id"]: row["opted_out"] for row in rows if not row["address"]} == {"P4": "all", "P5": ""}
    first = next(row for row in rows if row["foreign_id"] == "P0")
    assert (first["last_name"], first["address"], first["phone"]) == ("Lee", "p0@example.com", "555-0100")
    (kept,) = await made(practice)
    assert (kept["rows"], kept["purpose"], kept["finished_at"] is not None) == (6, "change of provider", True)
    assert kept["export_id"] == answer.headers["dueback-export-id"]


async def test_topics_that_were_switched_off_alone_are_shown(both: tuple[Practice, OpenService]) -> None:
    """N-113, L-012: whoever takes the list elsewhere learns which mail each person wants no more; what a wider opt-out covers is not said twice."""
    practice, optout = both
    await practice.upload(*(consumer(f"P{number}") for number in range(4)))
    ids = sorted(row["consumer_id"] for row in await practice.facts("consumer"))
    await opt_out(practice, optout, ids[0], topic="care")
    await opt_out(practice, optout, ids[0], topic="appointments")
    await opt_out(practice, optout, ids[1], "commercial")
    await opt_out(practice, optout, ids[1], topic="news")
    await opt_out(practice, optout, ids[1], topic="visits")
    await opt_out(practice, optout, ids[2], "all")
    await opt_out(practice, optout, ids[2], topic="news")
    _, *rows, _ = [json.loads(line) for line in (await export(practice)).text.splitlines()]
    shown = {row["consumer_id"]: (row["opted_out"], row["opted_out_topics"]) for row in rows}
    assert [shown[person] for person in ids] == [
        ("", "appointments care"),
        ("commercial", "visits"),
        ("all", ""),
        ("", ""),
    ]
    table = list(csv.DictReader(io.StringIO((await export(practice, format="csv")).text)))
    assert sorted(row["opted_out_topics"] for row in table) == ["", "", "appointments care", "visits"]


async def test_no_cell_is_a_formula(both: tuple[Practice, OpenService]) -> None:
    """S63: every beginning that some spreadsheet takes for a formula, behind blanks too; NDJSON stays exact."""
    practice, _ = both
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "  =1+1", "＝1", "＋1", "－1", "＠x", "|calc", "%0A=1", 'O"Brien, "J"']
    await practice.upload(
        *(consumer(f"P{place}", first_name=name, phone="+15550100") for place, name in enumerate(names))
    )
    answer = await export(practice, format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == len(names)
    shown = {row["foreign_id"]: row["first_name"] for row in rows}
    for place, name in enumerate(names[:-1]):
        assert shown[f"P{place}"] == f"'{name.strip()}"
    assert shown[f"P{len(names) - 1}"] == names[-1]
    assert {row["phone"] for row in rows} == {"'+15550100"}
    exact = [json.loads(line) for line in (await export(practice)).text.splitlines()[1:-1]]
    assert {row["first_name"] for row in exact} == {name.strip() for name in names}


async def test_every_kind_of_record_can_be_taken_out(both: tuple[Practice, OpenService]) -> None:
    """S-056: the business's own data, sealed details opened; what was deleted is not in it."""
    practice, _ = both
    await practice.upload(consumer(), visit(vehicle="Honda"), appointment(provider="Dr Ho"), appointment("A2"), VEHICLE)
    await practice.upload(appointment("A2", op="delete", source_updated_at="2026-03-01T13:00:00Z"))
    found = {}
    for entity in ("appointment", "visit", "vehicle", "recare_due", "merge"):
        lines = [json.loads(line) for line in (await export(practice, entity=entity)).text.splitlines()]
        assert lines[-1] == {"exported": len(lines) - 2}
        found[entity] = lines[1:-1]
    (booking,), (done,), (car,) = found["appointment"], found["visit"], found["vehicle"]
    assert (booking["foreign_id"], booking["provider"], booking["status"]) == ("A1", "Dr Ho", "booked")
    assert (done["total_cents"], done["vehicle"]) == (12900, "Honda")
    assert (car["vin"], car["plate"]) == (VEHICLE["vin"], VEHICLE["plate"])
    assert booking["consumer_id"] == done["consumer_id"] == car["consumer_id"]
    assert (found["recare_due"], found["merge"]) == ([], [])


async def test_a_person_signs_in_freshly_and_a_program_needs_not(practice: Practice) -> None:
    """S-056: ten minutes, by the token's own word."""
    owner = practice.subscriber.subscriber_id
    for minutes, status in ((9, 200), (11, 403)):
        token = practice.neighbours.client_headers(subscriber_id=owner, scopes="records")["Authorization"]
        claims = jwt.decode(token.removeprefix("Bearer "), options={"verify_signature": False})
        claims["auth_time"] = int((practice.clock.now() - timedelta(minutes=minutes)).timestamp())
        signed = jwt.encode(claims, PORTAL_KEY, algorithm="EdDSA", headers={"kid": "test"})
        answer = await export(practice, {"Authorization": f"Bearer {signed}"}, entity="visit")
        assert answer.status_code == status
    assert answer.json()["code"] == "fresh_sign_in_needed"
    assert len(await made(practice)) == 1


async def test_nobody_takes_out_what_is_not_his_and_nobody_all_day(both: tuple[Practice, OpenService]) -> None:
    """S2, S-056, S-132, I4: own subscriber, own locations, a limit a day."""
    practice, _ = both
    await practice.upload(consumer())
    owner, elsewhere = practice.subscriber.subscriber_id, uuid4()
    narrow = practice.neighbours.client_headers(subscriber_id=owner, scopes="records", locations=(elsewhere,))
    assert (await export(practice, narrow)).text.splitlines()[-1] == '{"exported":0}'
    assert (await export(practice, narrow, location_id=str(practice.location.location_id))).status_code == 403
    stranger = practice.neighbours.client_headers(subscriber_id=uuid4(), scopes="records")
    assert (await export(practice, stranger)).text.splitlines()[-1] == '{"exported":0}'
    assert len(await made(practice)) == 1
    for _ in range(39):
        assert (await export(practice, entity="merge")).status_code == 200
    refused = await export(practice, entity="merge")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_exports")


async def test_while_optout_is_silent_no_list_passes_for_whole(practice: Practice) -> None:
    """N-113, L-013: opt-outs unknown, so it breaks off before any person, and the record of it shows that."""
    await practice.upload(consumer())
    answer = await export(practice)
    assert "exported" not in answer.text
    assert "p1@example.com" not in answer.text
    (kept,) = await made(practice)
    assert (kept["rows"], kept["finished_at"]) == (None, None)
    assert UUID(kept["export_id"])


async def test_on_hold_nothing_is_handed_out(practice: Practice) -> None:
    """I20: after a restore the erased may be back."""
    hold = service_headers("portal", "ingest")
    assert (await practice.ingest.http.put("/v1/hold", json={"on_hold": True}, headers=hold)).status_code == 200
    assert (await export(practice)).json()["code"] == "on_hold"
