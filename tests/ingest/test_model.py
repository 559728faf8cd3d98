"""What hangs on people and vehicles reaches planning without a name, and merges carry permissions' limits along (S-122, N-06, N-07, N-87)."""

from typing import Any

import pytest

from tests.fixtures.services import service_headers
from tests.ingest.practice import Practice, appointment, at, consumer, visit

DUE = {
    "type": "recare_due",
    "consumer": "P1",
    "recare_kind": "prophylaxis",
    "due_on": "2026-09-01",
    "interval_days": 180,
}
CAR = {
    "type": "vehicle",
    "consumer": "P1",
    "vin": "1HGCM82633A004352",
    "plate": "7ABC123",
    "make": "Honda",
    "model_year": 2003,
}
READ = {
    "type": "odometer_reading",
    "vehicle": "C1",
    "read_at": "2026-02-01T10:00:00-08:00",
    "distance": 88000,
    "unit": "mi",
}
WORK = {
    "type": "service_line",
    "consumer": "P1",
    "vehicle": "C1",
    "service_kind": "brakes",
    "description": "front pads worn",
}
KINDS = ("recare_due", "vehicle", "odometer_reading", "service_line", "relation")


def record(foreign_id: str, body: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Return a record with what every record has."""
    return body | {"foreign_id": foreign_id, "source_updated_at": at()} | values


async def _facts(practice: Practice) -> dict[str, dict[str, Any]]:
    return {kind: (await practice.facts(kind) or [{}])[-1] for kind in KINDS}


async def test_dues_vehicles_readings_and_declined_work_reach_planning_without_names(practice: Practice) -> None:
    """Domain 3.6: facts carry ids, dates, machine words and cents; VIN, plate and descriptions stay in ingest, encrypted."""
    report = await practice.upload(
        consumer(birth_on="1984-05-02"),
        consumer("P2"),
        record("R1", DUE),
        record("C1", CAR),
        record("O1", READ),
        record("S1", WORK, state="declined", total_cents=42000, currency="USD", stated_at=at(-60)),
        record("L1", {"type": "relation", "consumer": "P1", "related": "P2", "relation": "guarantor"}),
        record("D1", {"type": "provider", "name": "Dr. Adler"}),
        record("K1", {"type": "contact_point", "consumer": "P1", "value": "ann.other@example.com", "state": "valid"}),
    )
    assert (report.received, report.applied, report.rejected) == (9, 9, 0)
    facts = await _facts(practice)
    told_people = await practice.facts("consumer")
    people = {row["consumer_id"] for row in told_people}
    assert {(row["birth_month"], row["birth_day"]) for row in told_people} == {(5, 2), (None, None)}
    assert (facts["recare_due"]["due_on"], facts["recare_due"]["interval_days"]) == ("2026-09-01", 180)
    assert (
        facts["odometer_reading"]["vehicle_id"] == facts["vehicle"]["vehicle_id"] == facts["service_line"]["vehicle_id"]
    )
    assert (facts["service_line"]["state"], facts["service_line"]["total_cents"]) == ("declined", 42000)
    assert {facts["relation"]["consumer_id"], facts["relation"]["related_id"]} == people
    told = str((await practice.changes()).model_dump())
    assert not [
        word for word in ("Ann", "7ABC123", "1HGCM82633A004352", "front pads", "Adler", "example.com") if word in told
    ]
    assert await _vehicle_names(practice, facts["vehicle"]) == [("2003 Honda", facts["vehicle"]["consumer_id"])]
    for table in ("vehicles", "service_lines", "providers", "contact_points"):
        stored = str(await practice.rows(f"select * from {table}"))
        assert not [word for word in ("7ABC123", "front pads", "Adler", "ann.other") if word in stored]


async def _vehicle_names(practice: Practice, vehicle: dict[str, Any]) -> list[tuple[str, str]]:
    """Look a vehicle's name up as the scheduler does for a mail."""
    owner, asked = (
        vehicle["consumer_id"],
        {"vehicle_ids": [vehicle["vehicle_id"], practice.subscriber.subscriber_id.hex]},
    )
    answer = await practice.ingest.http.post(
        "/v1/recipients",
        json={"subscriber_id": str(practice.subscriber.subscriber_id), "consumer_ids": [owner]} | asked,
        headers=service_headers("scheduler", "ingest"),
    )
    return [(row["name"], row["consumer_id"]) for row in answer.json()["vehicles"]]


async def test_children_wait_for_their_people_and_readings_for_their_vehicle(practice: Practice) -> None:
    """N-87: parked, without a person in the feed, attached when the parent comes, whole chains included."""
    report = await practice.upload(record("O1", READ), record("C1", CAR), record("R1", DUE))
    assert (report.parked, report.applied) == (2, 1)
    assert (await _facts(practice))["recare_due"] == {}
    await practice.upload(consumer())
    facts = await _facts(practice)
    (person,) = await practice.facts("consumer")
    assert facts["recare_due"]["consumer_id"] == facts["vehicle"]["consumer_id"] == person["consumer_id"]
    assert facts["odometer_reading"]["vehicle_id"] == facts["vehicle"]["vehicle_id"]


async def test_a_birthday_is_told_of_active_adults_only(practice: Practice) -> None:
    """N-74, L-120: no minor's, no inactive person's; an unknown year and a date in the future say nothing of the year."""
    born = {"P1": "1904-02-29", "P2": "2015-05-05", "P3": "2090-01-01", "P4": "1984-05-02"}
    await practice.upload(
        *(consumer(name, birth_on=day, status="inactive" if name == "P4" else "active") for name, day in born.items())
    )
    assert [(row["birth_month"], row["birth_day"]) for row in await practice.facts("consumer")].count((2, 29)) == 1
    assert [row["birth_month"] for row in await practice.facts("consumer")].count(None) == 3


MERGE = {"type": "merge", "consumer": "P2", "into": "P1"}


async def test_a_merge_moves_history_and_optouts_and_silences_the_other(practice: Practice) -> None:
    """N-06: B's visits and opt-outs are A's, nothing is written to B; whatever comes first."""
    await practice.upload(
        consumer("P2", email_ok=False), visit("V1", "P2"), appointment("A1", "P2"), record("M1", MERGE)
    )
    await practice.upload(consumer("P1"))
    facts = {row["consumer_id"]: row for row in await practice.facts("consumer")}
    (gone,) = [row for row in facts.values() if row["merged_into"]]
    stays = facts[gone["merged_into"]]
    assert (gone["status"], gone["recipient_id"], gone["address_problem"]) == ("inactive", None, "merged")
    assert (await practice.facts("visit"))[-1]["consumer_id"] == stays["consumer_id"]
    assert (await practice.facts("appointment"))[-1]["consumer_id"] == stays["consumer_id"]
    assert (await practice.recipients(gone["consumer_id"])).recipients[0].address is None
    people = {str(optout.person_id) for optout in practice.optout.optouts.values()}
    assert people == {gone["consumer_id"], stays["consumer_id"]}


async def test_a_merge_undone_gives_back_history_and_keeps_the_optout_on_both(practice: Practice) -> None:
    """N-07: the records are each person's own again, the opt-out stays on both; a later refusal of the merged one still reaches the other."""
    await practice.upload(consumer("P1"), consumer("P2"), visit("V1", "P2"))
    (before,) = await practice.facts("visit")
    await practice.upload(record("M1", MERGE))
    (merged,) = await practice.facts("visit")
    assert merged["consumer_id"] != before["consumer_id"]
    await practice.upload(consumer("P2", email_ok=False, source_updated_at=at(5)))
    assert len({optout.person_id for optout in practice.optout.optouts.values()}) == 2
    await practice.upload(record("M1", MERGE, op="delete", source_updated_at=at(10)))
    assert [row["merged_into"] for row in await practice.facts("consumer")] == [None, None]
    (told,) = await practice.facts("visit")
    assert told["consumer_id"] == before["consumer_id"]
    assert len({optout.person_id for optout in practice.optout.optouts.values()}) == 2


async def test_people_merged_in_a_ring_are_all_left_alone(practice: Practice) -> None:
    """N-06: a source that merges two people into each other gets no mail sent to either."""
    await practice.upload(
        consumer("P1"), consumer("P2"), record("M1", MERGE), record("M2", MERGE, consumer="P1", into="P2")
    )
    assert [row["recipient_id"] for row in await practice.facts("consumer")] == [None, None]


async def test_a_refusal_by_signal_is_an_optout_and_no_later_grant_lifts_it(practice: Practice) -> None:
    """S-037, N-24: a consent signal that refuses is on file before the answer; granting afterwards reports nothing."""
    signal = {"type": "consent_signal", "consumer": "P1", "granted": False}
    report = await practice.upload(consumer(), record("G1", signal))
    assert report.optouts == 1
    assert len(practice.optout.optouts) == 1
    again = await practice.upload(record("G1", signal, granted=True, source_updated_at=at(5)))
    assert (again.optouts, len(practice.optout.optouts)) == (0, 1)


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (record("M1", MERGE, into=""), "into"),
        (record("M1", {"type": "merge"}, op="delete"), "consumer"),
        (record("O1", READ, distance=None), "distance"),
        (record("G1", {"type": "consent_signal", "consumer": "P1"}), "granted"),
        (record("R1", DUE, recare_kind="Scaling & root planing"), "recare_kind"),
    ],
)
async def test_a_record_that_says_nothing_is_refused_by_its_field(
    practice: Practice, broken: dict[str, Any], field: str
) -> None:
    """N-81: the rest of the batch is taken."""
    report = await practice.upload(consumer(), broken)
    assert (report.applied, [row.field for row in report.rejections]) == (1, [field])


async def test_the_start_is_kept_as_it_was_announced(practice: Practice) -> None:
    """Domain 3.6: wall time and offset of the source stay beside the instant."""
    await practice.upload(consumer(), appointment())
    assert (await practice.facts("appointment"))[0]["announced"] == "2026-03-03T09:30:00-08:00"
